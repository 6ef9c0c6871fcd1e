// The types of the doors: of what tsc emitted, the declarations that a door reaches, for `import` and again for `require()`. What a module
// exports for its neighbors stays out: it may use types that a consumer's `lib` does not know.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "@babel/parser";
import { doorSources } from "./doors.mjs";

/** Copies declarations from `modules` to `types`: x.d.ts for ECMAScript modules, x.d.cts for CommonJS. */
export function writeTypes(modules, types) {
  const files = new Files(modules);
  for (const door of doorSources()) files.reachAll(door);
  for (const [name, file] of files.read) {
    mkdirSync(join(types, dirname(name)), { recursive: true });
    for (const [extension, js] of [
      [".d.ts", ".js"],
      [".d.cts", ".cjs"],
    ]) {
      writeFileSync(join(types, name + extension), file.text(js));
    }
  }
}

class Files {
  constructor(modules) {
    this.modules = modules;
    this.read = new Map();
  }

  file(name) {
    if (!this.read.has(name))
      this.read.set(name, new File(name, readFileSync(join(this.modules, `${name}.d.ts`), "utf8")));
    return this.read.get(name);
  }

  /** All that a door exports. */
  reachAll(name) {
    const file = this.file(name);
    for (const statement of file.statements) this.keep(file, statement);
    for (const exported of file.exports.keys()) this.reach(name, exported);
  }

  /** The declaration that `name` exports as `exported`, or passes on, with all that it mentions. */
  reach(name, exported) {
    const file = this.file(name);
    for (const { statement, from, imported } of file.exports.get(exported) ?? []) {
      if (from === undefined) this.keep(file, statement);
      else {
        file.kept.set(statement, (file.kept.get(statement) ?? new Set()).add(exported));
        this.reach(from, imported);
      }
    }
    for (const { statement, from } of file.stars) {
      if (file.exports.has(exported) || !this.exportsOf(from).has(exported)) continue;
      file.kept.set(statement, new Set());
      this.reach(from, exported);
    }
  }

  exportsOf(name) {
    const file = this.file(name);
    return new Set([...file.exports.keys(), ...file.stars.flatMap(({ from }) => [...this.exportsOf(from)])]);
  }

  keep(file, statement) {
    if (file.kept.has(statement)) return;
    file.kept.set(statement, new Set());
    if (statement.type === "ExportAllDeclaration") {
      const from = file.target(statement.source.value);
      for (const name of this.exportsOf(from)) this.reach(from, name);
    }
    for (const { specifier, name } of importTypesIn(statement)) this.reach(file.target(specifier), name);
    for (const name of identifiersIn(statement)) {
      for (const declaration of file.declarations.get(name) ?? []) this.keep(file, declaration);
      const origin = file.imports.get(name);
      if (origin === undefined) continue;
      file.kept.set(origin.statement, (file.kept.get(origin.statement) ?? new Set()).add(name));
      this.reach(origin.from, origin.imported);
    }
  }
}

class File {
  /** Names of this file → its statements; what it imports and exports. */
  declarations = new Map();
  imports = new Map();
  exports = new Map();
  stars = [];
  /** Statements to write; of imports and re-exports the names that are needed. */
  kept = new Map();

  constructor(name, source) {
    this.name = name;
    this.source = source;
    this.statements = [];
    const { body } = parse(source, { sourceType: "module", plugins: [["typescript", { dts: true }]] }).program;
    for (const statement of body) this.add(statement);
  }

  target(specifier) {
    return join(dirname(this.name), specifier.replace(/\.ts$/, ""));
  }

  add(statement) {
    if (statement.type === "ImportDeclaration") {
      const from = statement.source.value.startsWith(".") ? this.target(statement.source.value) : undefined;
      for (const { local, imported } of statement.specifiers) {
        if (from !== undefined) this.imports.set(local.name, { statement, from, imported: imported?.name ?? "*" });
        else push(this.declarations, local.name, statement);
      }
    } else if (statement.type === "ExportAllDeclaration") {
      this.stars.push({ statement, from: this.target(statement.source.value) });
      this.statements.push(statement);
    } else if (statement.type === "ExportNamedDeclaration" && statement.declaration === null) {
      const from = statement.source && this.target(statement.source.value);
      for (const { local, exported } of statement.specifiers) {
        if (from) push(this.exports, exported.name, { statement, from, imported: local.name });
        else push(this.exports, exported.name, { statement });
      }
      if (statement.specifiers.length === 0) this.kept.set(statement, new Set()); // `export {}`: a module
    } else {
      const declaration = statement.declaration ?? statement;
      const names = declaration.declarations?.map(({ id }) => id.name) ?? [declaration.id.name];
      for (const name of names) {
        push(this.declarations, name, statement);
        if (statement.type === "ExportNamedDeclaration") push(this.exports, name, { statement });
      }
      if (declaration.global === true || declaration.kind === "global") this.always(statement);
    }
  }

  /** `declare global` belongs to whoever reads the file. */
  always(statement) {
    this.kept.set(statement, new Set());
  }

  text(js) {
    const lines = [...this.kept]
      .sort(([a], [b]) => a.start - b.start)
      .map(([statement, names]) => this.written(statement, names));
    return `${lines.join("\n")}\n`.replace(/(["'])(\.\.?\/[^"']+)\.ts\1/g, `$1$2${js}$1`);
  }

  written(statement, names) {
    const comment = statement.leadingComments?.filter(({ value }) => value.startsWith("*")).at(-1);
    const code = this.source.slice(statement.start, statement.end);
    const wanted = (specifier) => names.has((specifier.exported ?? specifier.local).name);
    if (names.size === 0 || !statement.specifiers.some((one) => !wanted(one))) {
      return comment === undefined ? code : `/*${comment.value}*/\n${code}`;
    }
    const list = statement.specifiers.filter(wanted).map(({ start, end }) => this.source.slice(start, end));
    return code.replace(/\{[^}]*\}/, () => `{ ${list.join(", ")} }`);
  }
}

function push(map, key, value) {
  map.set(key, [...(map.get(key) ?? []), value]);
}

/** `import("./x.ts").Name`, which tsc writes for inferred types. */
function* importTypesIn(node) {
  if (node === null || typeof node !== "object") return;
  if (node.type === "TSImportType" && node.argument.value.startsWith(".")) {
    yield { specifier: node.argument.value, name: node.qualifier.name };
  }
  for (const [key, inner] of Object.entries(node)) if (!/Comments$|^loc$/.test(key)) yield* importTypesIn(inner);
}

/** Every name that a statement mentions, the members' own among them: one too many does no harm. */
function identifiersIn(node, found = new Set()) {
  if (node === null || typeof node !== "object") return found;
  if (Array.isArray(node)) for (const inner of node) identifiersIn(inner, found);
  else {
    if (node.type === "Identifier") found.add(node.name);
    for (const [key, inner] of Object.entries(node)) if (!/Comments$|^loc$/.test(key)) identifiersIn(inner, found);
  }
  return found;
}
