'use strict';
// console.* becomes one log record a call: time, request id, level, text.
const { format, types } = require('util');

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

function errorFields(error) {
  return {
    errorType: error.name,
    errorMessage: error.message,
    stackTrace: String(error.stack).split('\n'),
  };
}

function jsonLine(level, id, args) {
  const line = { timestamp: new Date().toISOString(), level };
  if (id) line.requestId = id;
  if (args.length === 1 && args[0] !== null && typeof args[0] === 'object' && !types.isNativeError(args[0])) {
    line.message = args[0];
  } else {
    line.message = format(...args);
  }
  const error = args.find((a) => types.isNativeError(a));
  if (error) Object.assign(line, errorFields(error));
  try {
    return JSON.stringify(line);
  } catch {
    line.message = format(...args);
    return JSON.stringify(line);
  }
}

// patchConsole replaces the methods that log. write sends one record, id returns
// the request's id. JSON format honours the least level, text format has none.
function patchConsole(write, id, logFormat, least) {
  const json = logFormat === 'JSON';
  const floor = json ? Math.max(0, LEVELS.indexOf(least || 'INFO')) : 0;
  const method = (level) => {
    if (json && LEVELS.indexOf(level) < floor) return () => {};
    if (json) return (...args) => write(jsonLine(level, id(), args));
    return (...args) => write(`${new Date().toISOString()}\t${id() || 'undefined'}\t${level}\t${format(...args)}`);
  };
  console.log = method('INFO');
  console.info = method('INFO');
  console.debug = method('DEBUG');
  console.warn = method('WARN');
  console.error = method('ERROR');
  console.trace = method('TRACE');
  console.fatal = method('FATAL');
}

module.exports = { patchConsole };
