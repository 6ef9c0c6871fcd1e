/** As package.json has it; a test compares them. */
export const VERSION = "0.1.0";

/** How servers are told who writes a run. */
export const PRODUCER = `wandb-image/${VERSION}`;
