'use strict';
// aws-sdk v2 knows nothing of AWS_ENDPOINT_URL. Handlers of the old runtimes use it,
// so its defaults are set right after its core is loaded, from wherever it is loaded.
const Module = require('module');

const CORE = /[\\/]aws-sdk[\\/]lib[\\/](?:core|node_loader)\.js$/;

function configure(AWS) {
  const endpoint = process.env.AWS_ENDPOINT_URL;
  if (!endpoint || !AWS || !AWS.Config || !AWS.Config.prototype.keys) return;
  const keys = AWS.Config.prototype.keys;
  const ignored = String(process.env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS).toLowerCase() === 'true';
  if (ignored) return;
  keys.endpoint = () => process.env.AWS_ENDPOINT_URL;
  keys.s3ForcePathStyle = true;
  keys.region = () => process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION;
  if (AWS.config) AWS.config.update({ endpoint, s3ForcePathStyle: true, region: keys.region() });
}

function hookSdkV2() {
  const load = Module._extensions['.js'];
  Module._extensions['.js'] = function bawnLoad(module, filename) {
    load(module, filename);
    if (CORE.test(filename)) {
      configure(filename.endsWith('core.js') ? module.exports : require(filename.replace(/node_loader\.js$/, 'core.js')));
    }
  };
}

module.exports = { hookSdkV2 };
