export default {
  testEnvironment: "./test/environment.mjs",
  testMatch: ["<rootDir>/test/*.test.ts"],
  extensionsToTreatAsEsm: [".ts"],
  transform: {
    "\\.ts$": ["@swc/jest", { swcrc: false, jsc: { parser: { syntax: "typescript" }, target: "es2022" } }],
  },
  modulePathIgnorePatterns: ["<rootDir>/dist", "<rootDir>/test/.*/node_modules"],
};
