// @grpc/grpc-js: makes the calls that standard input asks for (../../client_programs.py).
//   node client.js PROTO_FOLDER FILE.proto…
'use strict';

const fs = require('fs');
const readline = require('readline');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const GZIP = 2;

const [folder, ...files] = process.argv.slice(2);
const services = loader.loadSync(files, {
  includeDirs: [folder], keepCase: true, longs: String, enums: String, bytes: String,
});

function say(line) {
  process.stdout.write(JSON.stringify(line) + '\n');
}

function optionsOf({gzip, keep_alive_ms}) {
  return {
    ...(gzip && {'grpc.default_compression_algorithm': GZIP}),
    ...(keep_alive_ms && {
      'grpc.keepalive_time_ms': keep_alive_ms,
      'grpc.keepalive_timeout_ms': keep_alive_ms,
      'grpc.keepalive_permit_without_calls': 1,
    }),
  };
}

function credentialsOf({ca, certificate, key}) {
  if (!ca) return grpc.credentials.createInsecure();
  const read = (path) => (path ? fs.readFileSync(path) : null);
  return grpc.credentials.createSsl(read(ca), read(key), read(certificate));
}

// Resolves to the status with which the call ends.
function run(client, name, method, {requests, take, deadline_ms}) {
  const options = {deadline: Date.now() + deadline_ms};
  return new Promise((resolve) => {
    if (!method.responseStream) {
      client[name](requests[0], options, (error, answer) => {
        if (answer) say({message: answer});
        resolve(error || {code: grpc.status.OK, details: ''});
      });
      return;
    }
    const call = method.requestStream ? client[name](options) : client[name](requests[0], options);
    let left = take;
    call.on('data', (answer) => {
      say({message: answer});
      if (--left === 0) call.cancel();
    });
    call.on('error', () => {});  // 'status' tells it as well
    call.on('status', resolve);
    if (!method.requestStream) return;
    for (const request of requests) call.write(request);
    if (!take) call.end();
  });
}

async function main() {
  for await (const line of readline.createInterface({input: process.stdin})) {
    const asked = JSON.parse(line);
    const [service, name] = asked.method.split('/');
    const Client = grpc.makeGenericClientConstructor(services[service], service);
    const client = new Client(asked.address, credentialsOf(asked), optionsOf(asked));
    const call = () => run(client, name, services[service][name], asked);
    let end = await call();
    if (asked.quiet_ms) {
      await new Promise((resolve) => setTimeout(resolve, asked.quiet_ms));
      end = await call();
    }
    client.close();
    say({code: end.code, details: end.details});
  }
}

main();
