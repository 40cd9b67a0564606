'use strict';
// Bawn's Node runtime: runs in the function's process, between the platform's
// two pipes and the handler. Frames are: type (1 byte), length (4 bytes, little
// endian), body. It reads with blocking calls on purpose: between two calls the
// whole process stands still, as a Lambda environment is frozen, and a round
// trip costs two wake-ups instead of a turn through the event loop each.
const fs = require('fs');
const Module = require('module');

const DOWN = 3;
const UP = 4;
const INIT = 1, INVOKE = 2, PRELOAD = 3;
const READY = 65, RESULT = 66, ERROR = 67, FATAL = 68, INIT_ERROR = 69, LOG = 70;
const MAX_RESPONSE = 6 * 1024 * 1024 + 100;
const MAX_LOG = 256 * 1024;

const { loadHandler } = require('./loader.cjs');
const { toWire, toLog, named } = require('./errors.cjs');
const { patchConsole } = require('./console.cjs');
const { hookSdkV2 } = require('./sdkv2.cjs');

const stringify = JSON.stringify;
const parse = JSON.parse;
const exit = process.exit.bind(process);
const soon = setImmediate;
const now = Date.now;

// ---- frames ----

const chunk = Buffer.allocUnsafeSlow(64 * 1024);
let from = 0; // chunk[from, have) is read and not used yet
let have = 0;

// fill reads until at least n bytes stand in chunk (n <= chunk.length).
function fill(n) {
  if (from === have) from = have = 0;
  if (from + n > chunk.length) {
    chunk.copyWithin(0, from, have);
    have -= from;
    from = 0;
  }
  while (have - from < n) {
    const got = fs.readSync(DOWN, chunk, have, chunk.length - have, null);
    if (got === 0) exit(0); // the platform is gone
    have += got;
  }
}

// readFrame blocks until one whole frame is there. Its body is valid until the
// next call.
function readFrame() {
  fill(5);
  const type = chunk[from];
  const length = chunk.readUInt32LE(from + 1);
  let body;
  if (5 + length <= chunk.length) {
    fill(5 + length);
    body = chunk.subarray(from + 5, from + 5 + length);
    from += 5 + length;
  } else {
    body = Buffer.allocUnsafeSlow(length);
    let at = chunk.copy(body, 0, from + 5, have);
    from = have = 0;
    while (at < length) {
      const got = fs.readSync(DOWN, body, at, length - at, null);
      if (got === 0) exit(0);
      at += got;
    }
  }
  return { type, body };
}

function writeAll(buffer, length) {
  let at = 0;
  while (at < length) {
    try {
      at += fs.writeSync(UP, buffer, at, length - at);
    } catch (e) {
      if (e.code === 'EAGAIN') continue;
      exit(0);
    }
  }
}

const out = Buffer.allocUnsafeSlow(64 * 1024);

// sendAnswer sends RESULT, ERROR or FATAL: sequence, peak memory in KiB, JSON.
function sendAnswer(type, seq, text) {
  let buffer = out;
  let length;
  if (text.length * 3 + 13 <= out.length) {
    length = out.utf8Write(text, 13);
  } else {
    length = Buffer.byteLength(text);
    buffer = Buffer.allocUnsafe(13 + length);
    buffer.utf8Write(text, 13);
  }
  buffer[0] = type;
  buffer.writeUInt32LE(8 + length, 1);
  buffer.writeUInt32LE(seq, 5);
  buffer.writeUInt32LE(process.resourceUsage().maxRSS >>> 0, 9);
  writeAll(buffer, 13 + length);
}

function sendText(type, text) {
  const length = Buffer.byteLength(text);
  const buffer = Buffer.allocUnsafe(5 + length);
  buffer[0] = type;
  buffer.writeUInt32LE(length, 1);
  buffer.utf8Write(text, 5);
  writeAll(buffer, 5 + length);
}

// log sends one log record. The text may have several lines and stays one event.
function log(text) {
  if (text.length > MAX_LOG) text = text.slice(0, MAX_LOG);
  sendText(LOG, text);
}

// ---- state ----

let boot;            // the INIT frame's facts
let handler;         // { call, isAsync }
let current = null;  // the call that is running, or null
let onEmpty = null;  // what to do when the event loop has nothing left
let currentId = '';

function stamp(level, text) {
  return boot && boot.logFormat === 'JSON'
    ? stringify({ timestamp: new Date().toISOString(), level, ...(currentId && { requestId: currentId }), message: text })
    : `${new Date().toISOString()}\t${currentId || 'undefined'}\t${level}\t${text}`;
}

function logError(title, error) {
  if (boot.logFormat === 'JSON') {
    log(stringify({ timestamp: new Date().toISOString(), level: 'ERROR', ...(currentId && { requestId: currentId }), message: toLog(error) }));
  } else {
    log(`${new Date().toISOString()}\t${currentId || 'undefined'}\tERROR\t${title} \t${stringify(toLog(error))}`);
  }
}

// ---- one call ----

function finish(call, type, text) {
  if (call.done) return;
  call.done = true;
  onEmpty = null;
  current = null;
  sendAnswer(type, call.seq, text);
  // One turn of the event loop, then the process stands still.
  soon(next);
}

function succeed(call, value) {
  if (call.done) return;
  let text;
  try {
    text = stringify(value === undefined ? null : value);
    if (text === undefined) text = 'null';
  } catch {
    return fail(call, named('Runtime.MarshalError', 'Unable to stringify response body'));
  }
  if (text.length > MAX_RESPONSE || (text.length * 3 > MAX_RESPONSE && Buffer.byteLength(text) > MAX_RESPONSE)) {
    const size = Buffer.byteLength(text);
    return fail(call, named('Function.ResponseSizeTooLarge',
      `Response payload size (${size} bytes) exceeded maximum allowed payload size (6291556 bytes).`));
  }
  finish(call, RESULT, text);
}

function fail(call, error) {
  if (call.done) return;
  logError('Invoke Error', error);
  finish(call, ERROR, stringify(toWire(error)));
}

function makeContext(call, meta) {
  let waits = true;
  const settle = (act) => {
    if (call.settled) return;
    call.settled = true;
    if (waits) onEmpty = act; else act();
  };
  call.callback = (error, value) => {
    if (call.settled) return;
    if (error !== null && error !== undefined) {
      call.settled = true;
      fail(call, error);
    } else {
      settle(() => succeed(call, value));
    }
  };
  const context = {
    get callbackWaitsForEmptyEventLoop() { return waits; },
    set callbackWaitsForEmptyEventLoop(v) { waits = Boolean(v); },
    functionVersion: boot.version,
    functionName: boot.name,
    memoryLimitInMB: String(boot.memory),
    logGroupName: boot.logGroup,
    logStreamName: boot.logStream,
    clientContext: meta.c,
    identity: meta.i,
    invokedFunctionArn: meta.f,
    awsRequestId: meta.r,
    getRemainingTimeInMillis: () => Math.max(0, meta.d - now()),
  };
  if (boot.callbacks) {
    // The old three ends of a call do not wait for the event loop.
    context.succeed = (value) => { if (!call.settled) { call.settled = true; succeed(call, value); } };
    context.fail = (error) => { if (!call.settled) { call.settled = true; fail(call, error === undefined ? 'handled' : error); } };
    context.done = (error, value) => (error !== null && error !== undefined ? context.fail(error) : context.succeed(value));
  }
  return context;
}

function run(body) {
  const seq = body.readUInt32LE(0);
  const metaEnd = 8 + body.readUInt32LE(4);
  const meta = parse(body.utf8Slice(8, metaEnd));
  const call = { seq, done: false, settled: false, callback: null };
  current = call;
  currentId = meta.r;
  if (meta.t) process.env._X_AMZN_TRACE_ID = meta.t;
  onEmpty = () => {
    // Nothing is left that could ever answer.
    if (!handler.isAsync) return succeed(call, null);
    fail(call, named('Runtime.NodeJsExit', 'The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that was never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes'));
  };
  const context = makeContext(call, meta);
  let event;
  try {
    event = metaEnd === body.length ? {} : parse(body.utf8Slice(metaEnd, body.length));
  } catch (error) {
    return fail(call, error);
  }
  try {
    const result = handler.call(event, context, boot.callbacks ? call.callback : undefined);
    if (result !== null && typeof result === 'object' && typeof result.then === 'function') {
      result.then(
        (value) => { if (!call.settled) { call.settled = true; succeed(call, value); } },
        (error) => { if (!call.settled) { call.settled = true; fail(call, error); } });
    } else if (!boot.callbacks) {
      call.settled = true;
      succeed(call, result);
    }
  } catch (error) {
    call.settled = true;
    fail(call, error);
  }
}

// next waits, frozen, for a call. After more than a moment it lets the event
// loop look round once before the handler runs: connections that were closed
// meanwhile would else be used as if they were open.
function next() {
  const since = now();
  const { type, body } = readFrame();
  if (type !== INVOKE) exit(70);
  if (now() - since > 20) soon(run, body);
  else run(body);
}

// ---- errors outside the handler's own promise ----

function doom(title, error, code) {
  try {
    logError(title, error);
    if (current && !current.done) {
      current.done = true;
      sendAnswer(FATAL, current.seq, stringify(toWire(error)));
    } else if (!handler) {
      sendText(INIT_ERROR, stringify(toWire(error)));
    }
  } finally {
    exit(code);
  }
}

process.on('uncaughtException', (error) => doom('Uncaught Exception', error, 129));
process.on('unhandledRejection', (reason, promise) => {
  const error = named('Runtime.UnhandledPromiseRejection', String(reason && reason.stack ? `${reason.name || 'Error'}: ${reason.message}` : reason));
  error.reason = reason;
  error.promise = promise;
  doom('Unhandled Promise Rejection', error, 128);
});
process.on('beforeExit', () => {
  const act = onEmpty;
  onEmpty = null;
  if (act) act();
});

// ---- start ----

// shared are the packages worth loading ahead for another function of the same
// project: large, and without effects when they are loaded.
const SHARED = /[\\/]node_modules[\\/](?:@aws-sdk|@smithy)[\\/]/;

// loaded lists the files by which this process entered those packages.
function loaded() {
  const files = [];
  for (const file of Object.keys(Module._cache)) {
    if (!SHARED.test(file)) continue;
    const parent = Module._cache[file].parent;
    if (!parent || !parent.filename || !SHARED.test(parent.filename)) files.push(file);
  }
  return stringify(files.slice(0, 100));
}

function preload(files) {
  for (const file of files) {
    try { require(file); } catch { /* it is only a matter of speed */ }
  }
}

async function start() {
  let { type, body } = readFrame();
  if (type === PRELOAD) {
    preload(parse(body.utf8Slice(0, body.length)));
    ({ type, body } = readFrame());
  }
  if (type !== INIT) exit(70);
  boot = parse(body.utf8Slice(0, body.length));
  const keys = Object.keys(boot.env);
  for (let i = 0; i < keys.length; i++) process.env[keys[i]] = boot.env[keys[i]];
  if (boot.heap > 0) require('v8').setFlagsFromString(`--max-old-space-size=${boot.heap}`);
  if (boot.nodePath) {
    process.env.NODE_PATH = boot.nodePath;
    Module._initPaths();
  }
  const streaming = () => {
    throw named('Runtime.NotBuilt', 'Response streaming (awslambda.streamifyResponse) is not built in Bawn.');
  };
  globalThis.awslambda = { streamifyResponse: streaming, HttpResponseStream: { from: streaming } };
  patchConsole(log, () => currentId, boot.logFormat, boot.logLevel);
  hookSdkV2();
  process.chdir(boot.dir);
  onEmpty = () => {
    sendText(INIT_ERROR, stringify(toWire(named('Runtime.NodeJsExit', 'The module of the handler never finished loading: its top-level await was never settled.'))));
    exit(1);
  };
  try {
    handler = await loadHandler(boot.dir, boot.handler, boot.callbacks);
  } catch (error) {
    onEmpty = null;
    logError('Uncaught Exception', error);
    const hint = sdkHint(error);
    if (hint) log(stamp('WARN', hint));
    sendText(INIT_ERROR, stringify(toWire(error)));
    exit(1);
  }
  onEmpty = null;
  sendText(READY, boot.shares ? loaded() : '');
  soon(next);
}

// sdkHint says what to install when the SDK that Lambda's images carry is missing.
function sdkHint(error) {
  const missing = /Cannot find (?:module|package) '((?:@aws-sdk\/[^'/]+)|aws-sdk)/.exec(String(error && error.message));
  return missing && `Bawn: ${missing[1]} is part of AWS's Lambda image; here install it in the project: npm install --save-dev ${missing[1]}`;
}

soon(start);
