/** As little as an HTTP server in Node can do with a row: read it, and send it back. */
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { tellPort } from './tell-port.js';

const server = createServer((request, response) => {
  json(request).then(
    (row) => {
      const text = JSON.stringify(row);
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
        .end(text);
    },
    () => response.writeHead(400).end(),
  );
});
server.listen(0, '127.0.0.1', () => {
  tellPort(server.address());
});
