'use strict';
// Finds and loads the handler the way Lambda's Node runtime does: DIR/FILE.NESTED.NAME,
// CommonJS or ESM by extension and by the nearest package.json.
const fs = require('fs');
const path = require('path');
const { pathToFileURL } = require('url');
const { createRequire } = require('module');
const { named } = require('./errors.cjs');

// isModule says whether a .js file is ESM: "type" of the nearest package.json.
function isModule(file) {
  for (let dir = path.dirname(file); ; dir = path.dirname(dir)) {
    try {
      return JSON.parse(fs.readFileSync(path.join(dir, 'package.json'), 'utf8')).type === 'module';
    } catch (e) {
      if (e instanceof SyntaxError) return false;
    }
    if (dir === path.dirname(dir) || path.basename(dir) === 'node_modules') return false;
  }
}

function exists(file) {
  try { return fs.statSync(file).isFile(); } catch { return false; }
}

async function loadModule(root, folder, name) {
  const base = path.resolve(root, folder, name);
  const require = createRequire(path.join(root, 'bawn-entry.cjs'));
  if (exists(base + '.js')) {
    return isModule(base + '.js') ? import(pathToFileURL(base + '.js').href) : require(base + '.js');
  }
  if (exists(base + '.mjs')) return import(pathToFileURL(base + '.mjs').href);
  if (exists(base + '.cjs')) return require(base + '.cjs');
  if (exists(base)) return require(base);
  // A handler may also name a package or a folder with an index file.
  return require(require.resolve('./' + path.join(folder, name)));
}

function wrap(error) {
  if (error instanceof SyntaxError) {
    const e = named('Runtime.UserCodeSyntaxError', String(error));
    e.stack = error.stack;
    return e;
  }
  if (error && (error.code === 'MODULE_NOT_FOUND' || error.code === 'ERR_MODULE_NOT_FOUND')) {
    const e = named('Runtime.ImportModuleError', String(error));
    e.stack = `Runtime.ImportModuleError: ${error}\n` + String(error.stack).split('\n').filter((l) => /^\s+at /.test(l)).join('\n');
    return e;
  }
  return error;
}

// loadHandler returns { call, isAsync } or throws an error with Lambda's type.
async function loadHandler(root, full, callbacks) {
  if (full.includes('..')) {
    throw named('Runtime.MalformedHandlerName', `'${full}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`);
  }
  const base = path.basename(full);
  const folder = full.slice(0, full.length - base.length);
  const match = /^([^.]*)\.(.*)$/.exec(base);
  if (!match || !match[1] || !match[2]) throw named('Runtime.MalformedHandlerName', 'Bad handler');
  let loaded;
  try {
    loaded = await loadModule(root, folder, match[1]);
  } catch (error) {
    throw wrap(error);
  }
  let target = loaded;
  let parent;
  for (const key of match[2].split('.')) {
    parent = target;
    target = target === undefined || target === null ? undefined : target[key];
  }
  // A bundler may put a CommonJS module's exports under default.
  if (target === undefined && loaded && loaded.default && typeof loaded.default === 'object') {
    target = match[2].split('.').reduce((at, key) => (at === undefined || at === null ? undefined : at[key]), loaded.default);
    parent = loaded.default;
  }
  if (target === undefined || target === null) {
    throw named('Runtime.HandlerNotFound', `${full} is undefined or not exported`);
  }
  if (typeof target !== 'function') throw named('Runtime.HandlerNotFound', `${full} is not a function`);
  if (!callbacks && target.length >= 3) {
    throw named('Runtime.CallbackHandlerDeprecated', 'AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use Node.js 24 or later. For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.');
  }
  const self = match[2].includes('.') ? parent : undefined;
  return {
    call: self === undefined ? target : (e, c, cb) => target.call(self, e, c, cb),
    isAsync: target.constructor && target.constructor.name === 'AsyncFunction',
  };
}

module.exports = { loadHandler };
