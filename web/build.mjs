// What nginx serves, made in one folder: `node build.mjs OUT`. The same input gives the same bytes.
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2];

// Swagger UI without what only its own page needs.
const SWAGGER = ["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png", "LICENSE", "NOTICE"];

function docs(target) {
    mkdirSync(target, { recursive: true });
    for (const name of SWAGGER) {
        cpSync(join(here, "node_modules/swagger-ui-dist", name), join(target, name));
    }
    cpSync(join(here, "docs"), target, { recursive: true });
}

if (!out) {
    console.error("usage: node build.mjs OUT");
    process.exit(2);
}
rmSync(out, { recursive: true, force: true });
docs(join(out, "docs"));
