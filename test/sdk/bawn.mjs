// Starts the real binary on the notes example with a folder of its own, and
// gives the tests what its env and outputs files say.
import { spawn, execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, "../..");
const binary = path.resolve(here, process.env.BAWN ?? "../../bin/bawn");

export class Bawn {
  static async start(dir = path.join(root, "examples/notes")) {
    const bawn = new Bawn();
    bawn.data = await mkdtemp(path.join(tmpdir(), "bawn-sdk-"));
    await bawn.#run(dir);
    return bawn;
  }

  async #run(dir) {
    this.log = "";
    this.process = spawn(binary, ["dev", dir, "--data", this.data, "--port", "0"], { stdio: ["ignore", "pipe", "pipe"] });
    const ready = new Promise((resolve, reject) => {
      const see = (chunk) => {
        this.log += chunk;
        if (/\bready\b/.test(this.log)) resolve();
      };
      this.process.stdout.on("data", see);
      this.process.stderr.on("data", see);
      this.process.on("exit", (code) => reject(new Error(`bawn ended with ${code}:\n${this.log}`)));
    });
    await ready;
    const env = await readFile(path.join(this.data, "env"), "utf8");
    this.env = Object.fromEntries(env.trim().split("\n").map((l) => [l.slice(0, l.indexOf("=")), l.slice(l.indexOf("=") + 1)]));
    this.endpoint = this.env.AWS_ENDPOINT_URL;
    this.region = this.env.AWS_REGION;
    this.credentials = { accessKeyId: this.env.AWS_ACCESS_KEY_ID, secretAccessKey: this.env.AWS_SECRET_ACCESS_KEY };
    const file = JSON.parse(await readFile(path.join(this.data, "outputs.json"), "utf8"));
    this.outputs = file.outputs;
    this.amplify = file.amplify;
  }

  // The configuration every SDK client takes, as the administrator.
  admin() {
    return { endpoint: this.endpoint, region: this.region, credentials: this.credentials };
  }

  // Runs a bawn command against this instance and parses its JSON.
  async ask(...args) {
    const { stdout } = await promisify(execFile)(binary, [...args, "--data", this.data, "--json"], { maxBuffer: 64 << 20 });
    return JSON.parse(stdout);
  }

  // The newest code mailed to an address.
  async code(address) {
    const { messages } = await this.ask("inbox");
    const mine = messages.filter((m) => m.to.toLowerCase() === address.toLowerCase() && m.code);
    return mine.at(-1)?.code;
  }

  async stop() {
    if (this.process.exitCode === null) {
      const gone = new Promise((resolve) => this.process.once("exit", resolve));
      this.process.kill("SIGTERM");
      await gone;
    }
    await rm(this.data, { recursive: true, force: true });
  }
}

let count = 0;
// A fresh address, so that tests do not meet each other's users.
export const freshAddress = () => `user${process.pid}.${++count}@example.com`;

export const password = "Correct-horse7";
