// Decides calls as the policy engine of Gemini CLI does: `node gemini-engine.mjs PACKAGE POLICY CALLS`.
// CALLS has one JSON object a line, `{name, server, args}`; each gets one line, `=> DECISION`.

import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [root, policy, calls] = process.argv.slice(2);
const load = (file) => import(pathToFileURL(path.join(root, "dist/src/policy", file)).href);
const { PolicyEngine } = await load("policy-engine.js");
const { loadPoliciesFromToml } = await load("toml-loader.js");

const USER = 4;
const { rules, checkers, errors } = await loadPoliciesFromToml([policy], () => USER);
const fatal = errors.filter((error) => error.severity !== "warning");
if (fatal.length > 0) {
  console.error(JSON.stringify(fatal, null, 2));
  process.exit(1);
}
const engine = new PolicyEngine({ rules, checkers, nonInteractive: false });
for (const line of fs.readFileSync(calls, "utf8").split("\n")) {
  const { name, server, args } = JSON.parse(line);
  const { decision } = await engine.check({ name, args }, server ?? undefined);
  console.log(`=> ${decision}`);
}
process.exit(0);
