// The bench's sale in bpmn-engine, kept in PostgreSQL after every step: lock the row, recover, signal, store, commit.
// Run: node server.cjs PORT PROCESSES DATABASE_URL; its packages are found beside it or by NODE_PATH.
const cluster = require("node:cluster");
const http = require("node:http");
const { EventEmitter } = require("node:events");
const { Engine } = require("bpmn-engine");
const { Pool } = require("pg");

const APPROVALS = ["legal", "finance", "logistics"];
const STEPS = ["prepare", ...APPROVALS, "sign"];
const SALE = sale();
const [port, processes, connectionString] = process.argv.slice(2);

function sale() {
  const flows = [["start", "prepare"], ["prepare", "split"], ["join", "sign"], ["sign", "end"]];
  for (const one of APPROVALS) flows.push(["split", one], [one, "join"]);
  const steps = STEPS.map((id) => `<userTask id="${id}" />`).join("");
  const arrows = flows.map(([from, to]) => `<sequenceFlow id="${from}_${to}" sourceRef="${from}" targetRef="${to}" />`);
  return (
    '<definitions id="d" targetNamespace="t" xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">' +
    '<process id="sale" isExecutable="true"><startEvent id="start" /><endEvent id="end" />' +
    `<parallelGateway id="split" /><parallelGateway id="join" />${steps}${arrows.join("")}</process></definitions>`
  );
}

async function open(pool, count) {
  for (let number = 0; number < count; number += 1) {
    const engine = Engine({ name: "sale", source: SALE });
    await engine.execute({ listener: new EventEmitter() });
    const state = await engine.getState();
    await engine.stop();
    await pool.query("INSERT INTO sale (state, open) VALUES ($1, $2)", [state, ["prepare"]]);
  }
}

async function complete(pool, token, id, element, values) {
  const client = await pool.connect();
  try {
    await client.query({ name: "begin", text: "BEGIN" });
    const known = await client.query({ name: "who", text: "SELECT login FROM token WHERE token = $1", values: [token] });
    const found = await client.query({ name: "lock", text: "SELECT state FROM sale WHERE id = $1 FOR UPDATE", values: [id] });
    if (!known.rows.length || !found.rows.length) throw new Error("not found");
    const engine = Engine({ name: "sale" }).recover(found.rows[0].state);
    const execution = await engine.resume({ listener: new EventEmitter() });
    const waiting = execution.getPostponed().find((one) => one.id === element);
    if (!waiting) throw new Error("not waiting");
    waiting.signal(values);
    const left = execution.getPostponed().map((one) => one.id).filter((one) => one !== element && STEPS.includes(one));
    const state = await engine.getState();
    if (left.length) await engine.stop();
    await client.query({
      name: "store",
      text: "UPDATE sale SET state = $1, open = $2 WHERE id = $3",
      values: [state, left, id],
    });
    await client.query({ name: "commit", text: "COMMIT" });
    return { id, open: left };
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  } finally {
    client.release();
  }
}

function answer(response, status, told) {
  const body = JSON.stringify(told);
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}

function serve(pool) {
  const server = http.createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", async () => {
      const [, what, id, element] = request.url.split("/");
      const token = (request.headers.authorization || "").slice("Bearer ".length);
      try {
        if (what === "open") await open(pool, Number(id));
        const told = what === "complete" && (await complete(pool, token, id, element, JSON.parse(Buffer.concat(parts))));
        answer(response, 200, told || {});
      } catch (error) {
        answer(response, 500, { error: String(error.stack) });
      }
    });
  });
  server.keepAliveTimeout = 75_000;
  server.listen(Number(port), "127.0.0.1");
}

if (cluster.isPrimary) {
  for (let number = 0; number < Number(processes); number += 1) cluster.fork();
  process.on("SIGTERM", () => process.exit());
} else {
  serve(new Pool({ connectionString, max: 16 }));
}
