// Bundles the script editor into dist/, with the licences of what is in it at the end of the file.
import { build } from "esbuild";
import { appendFileSync, readFileSync, readdirSync } from "node:fs";

const outfile = "dist/script-editor.js";
const { metafile } = await build({
  entryPoints: ["editor/script-editor.js"], outfile, bundle: true, minify: true, format: "esm", target: "es2022",
  charset: "utf8", metafile: true, logLevel: "warning",
});

const packages = new Set(Object.keys(metafile.inputs).flatMap((path) => {
  const found = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path);
  return found ? [found[1]] : [];
}));
const notices = [...packages].sort().map((name) => {
  const folder = `node_modules/${name}`;
  const licence = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
  return `${name}\n${readFileSync(`${folder}/${licence}`, "utf8").trim()}`;
});
appendFileSync(outfile, `\n/*! Licences of what this file holds:\n\n${notices.join("\n\n").replaceAll("*/", "* /")}\n*/\n`);
