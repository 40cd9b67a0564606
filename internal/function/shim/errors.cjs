'use strict';
// Errors as Lambda's Node runtime shows them to callers and in logs.
const { types } = require('util');

// named makes an error of the runtime itself, without a stack of ours.
function named(name, message) {
  const error = new Error(message);
  error.name = name;
  error.stack = `${name}: ${message}`;
  return error;
}

function isError(value) {
  return types.isNativeError(value) ||
    (value && value.name && value.message && value.stack && typeof value === 'object');
}

// toWire is the document a caller of Invoke gets.
function toWire(error) {
  try {
    if (isError(error)) {
      return {
        errorType: String(error.name).replace(/\x7F/g, '%7F'),
        errorMessage: String(error.message).replace(/\x7F/g, '%7F'),
        trace: String(error.stack).replace(/\x7F/g, '%7F').split('\n'),
      };
    }
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  } catch {
    return {
      errorType: 'handled',
      errorMessage: 'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack',
      trace: [],
    };
  }
}

// toLog is the document of the log line, with the error's own fields.
function toLog(error) {
  try {
    if (!isError(error)) return toWire(error);
    const lines = String(error.stack).split('\n');
    const fields = {};
    for (const key of Object.keys(error)) {
      const value = error[key];
      try {
        JSON.stringify(value);
        fields[key] = types.isNativeError(value) ? toLog(value) : value;
      } catch {
        fields[key] = String(value);
      }
    }
    return { errorType: error.name, errorMessage: error.message, ...fields, stack: lines };
  } catch {
    return toWire(error);
  }
}

module.exports = { named, toWire, toLog };
