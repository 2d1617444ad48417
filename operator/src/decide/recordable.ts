/** As much of a message as a field of a status may hold; those of conditions may hold more. */
export function recordable(message: string): string {
  return message.slice(0, 4096);
}
