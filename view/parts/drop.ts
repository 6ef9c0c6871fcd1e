// A run's zip dropped on the page.
export function takeDrops(): void {}
