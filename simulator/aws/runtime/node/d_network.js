// the network: every connection ends in this process, and every request goes to the world

const outgoing = [];

class End extends Duplex {
  constructor() { super(); this.readable = this.writable = true; }
  _read() { this.pull?.(); this.pull = null; }
  _write(data, _encoding, done) {
    if (this.other.push(data)) done();
    else this.other.pull = done;
  }
  _final(done) { this.other.push(null); done(); }
  setTimeout() { return this; }
  setNoDelay() { return this; }
  setKeepAlive() { return this; }
  ref() { return this; }
  unref() { return this; }
}

const doorman = http.createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const { scheme, client } = request.socket;
    outgoing.push({
      method: request.method,
      url: `${scheme}://${request.headers.host}${request.url}`,
      headers: Object.fromEntries(Object.entries(request.headers).map(([k, v]) => [k, String(v)])),
      body: Buffer.concat(parts),
      answer(status, headers, body) {
        for (const [name, value] of Object.entries(headers)) {
          if (!/^(content-length|transfer-encoding|connection)$/i.test(name)) {
            response.setHeader(name, value);
          }
        }
        response.writeHead(status);
        response.end(body);
      },
      refuse: (error) => client.destroy(error),
    });
  });
});
doorman.keepAliveTimeout = 0;

const connector = (scheme) => function connect(...given) {
  const [client, server] = [new End(), new End()];
  Object.assign(client, { other: server, encrypted: scheme === 'https', authorized: true });
  Object.assign(server, { other: client, client, scheme });
  doorman.emit('connection', server);
  const ready = given.find((each) => typeof each === 'function');
  process.nextTick(() => {
    client.emit('connect');
    client.emit('secureConnect');
    if (ready && ready.length === 0) ready();
  });
  return client;
};
http.Agent.prototype.createConnection = connector('http');
https.Agent.prototype.createConnection = connector('https');

globalThis.fetch = async (input, options) => {
  const request = new Request(input, options);
  const body = Buffer.from(await request.arrayBuffer());
  return new Promise((resolve, reject) => {
    outgoing.push({
      method: request.method,
      url: request.url,
      headers: Object.fromEntries(request.headers),
      body,
      answer(status, headers, content) {
        const empty = status === 204 || status === 205 || status === 304;
        const response = new Response(empty ? null : content, { status, headers });
        resolve(Object.defineProperty(response, 'url', { value: request.url }));
      },
      refuse: (cause) => reject(Object.assign(new TypeError('fetch failed'), { cause })),
    });
  });
};

function sendNext() {
  const { method, url, headers, body, answer, refuse } = outgoing.shift();
  const [reply, content] = call({ op: 'http', method, url, headers }, body);
  if (reply.op === 'response') return answer(reply.status, reply.headers, content);
  const code = reply.op === 'refused' ? 'ECONNREFUSED' : 'ETIMEDOUT';
  return refuse(Object.assign(new Error(`connect ${code}: ${reply.message}`), { code, errno: code }));
}
