export default {
  testEnvironment: "./test/support/environment.mjs",
  // Tests that encode large pictures, or start child processes, on a machine that may be busy.
  testTimeout: 60_000,
  testMatch: ["<rootDir>/test/unit/**/*.test.ts"],
  extensionsToTreatAsEsm: [".ts"],
  moduleNameMapper: { "^wandb-image$": "<rootDir>/src/node.ts" },
  transform: {
    "\\.ts$": ["@swc/jest", { swcrc: false, jsc: { parser: { syntax: "typescript" }, target: "es2022" } }],
  },
  modulePathIgnorePatterns: ["<rootDir>/dist", "<rootDir>/test/.*/node_modules", "<rootDir>/.cache"],
};
