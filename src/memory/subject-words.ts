/** By which words people ask for somebody of theirs, in both languages and without accents. */
const WORDS: Readonly<Record<string, string>> = {
  partner: 'mujer marido esposa esposo novia novio pareja wife husband girlfriend boyfriend partner',
  mother: 'madre mama mother mom mum',
  father: 'padre papa father dad',
  parents: 'padres parents',
  daughter: 'hija hijas hijos daughter children kids',
  son: 'hijo hijos son children kids',
  sister: 'hermana hermanas sister siblings',
  brother: 'hermano hermanos brother siblings',
  grandmother: 'abuela grandmother grandma',
  grandfather: 'abuelo grandfather grandpa',
  dog: 'perro perra mascota dog pet',
  cat: 'gato gata mascota cat pet',
  pet: 'mascota animal pet',
  friend: 'amigo amiga friend',
  boss: 'jefe jefa boss manager',
};

/** Of the user, none: everything that says nothing else is about the user. */
export function subjectWords(subject: string): readonly string[] {
  if (subject === 'user') return [];
  return [subject, ...(WORDS[subject]?.split(' ') ?? [])];
}
