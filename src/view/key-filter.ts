// Keys as people write them.

/** "val/*", "pred,mask": any of the words, with * for anything; a plain word is looked for anywhere in the key. */
export function matcher(text: string): (key: string) => boolean {
  const words = text
    .trim()
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
  if (words.length === 0) return () => true;
  const tests = words.map((word) => {
    if (!word.includes("*")) return (key: string) => key.includes(word);
    const pattern = new RegExp(`^${word.split("*").map(literally).join(".*")}$`);
    return (key: string) => pattern.test(key);
  });
  return (key) => tests.some((test) => test(key.toLowerCase()));
}

function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
