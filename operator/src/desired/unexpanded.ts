/** The kubelet reads `$$` as `$` and `$(NAME)` as a variable; column names may hold both. As JSON the text stays the same. */
export function unexpanded(json: string): string {
  return json.replaceAll('$', String.raw`\u0024`);
}
