/**
 * Names random values by the order in which they come up, so that two runs say the same of them. The file of
 * evidence has the values.
 *
 * @param word what each of them is
 * @returns names a value; what there is none of stays as it is
 */
export function numbered(word: string): (value: string) => string {
  const names = new Map<string, string>();
  return (value) => {
    if (value === '' || value === 'none') return value;
    const name = names.get(value) ?? `${word} ${names.size + 1}`;
    names.set(value, name);
    return name;
  };
}
