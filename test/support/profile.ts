/** A profile around the experts of a test: short deadlines, so that a fault is seen within seconds. */
export function profileOf(
  experts: Record<string, unknown>,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return { name: 'faults', experts, ...more };
}
