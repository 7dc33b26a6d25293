// Asks a policy before each tool. Whatever is no clean `allow` stops the call.
import { spawnSync } from "node:child_process"

const argv = {argv}

export const Policy = async ({ directory, worktree }) => ({
  "tool.execute.before": async (input, output) => {
    // Outside of a repository the worktree is the root of the file system.
    const project = worktree && worktree !== "/" ? worktree : directory
    const call = {
      tool: input.tool,
      sessionID: input.sessionID,
      args: output.args,
      cwd: directory,
      workspaceRoots: [project],
    }
    const ran = spawnSync(argv[0], argv.slice(1), {
      input: JSON.stringify(call),
      encoding: "utf8",
      timeout: 20000,
    })
    let answer
    try {
      answer = JSON.parse(ran.stdout)
    } catch {}
    if (ran.status !== 0 || answer?.decision !== "allow") {
      throw new Error(answer?.reason || ran.stderr || "the policy gave no answer")
    }
  },
})
