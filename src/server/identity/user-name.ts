const NAME = /^(?!\.{1,2}$)[\w.@-]{1,64}$/;

/** Whether an account, or a front end's user, may be called so: nothing that means something in a path. */
export function isUserName(name: string): boolean {
  return NAME.test(name);
}

/** Whether somebody may be called so: `USER`, or `USER/NAME` for whom a key speaks. */
export function isUserOrSpokenFor(name: string): boolean {
  const parts = name.split('/');
  return parts.length <= 2 && parts.every(isUserName);
}
