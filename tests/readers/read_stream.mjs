// Reads an event stream and prints each event as a line of JSON: node read_stream.mjs fetch|eventsource URL TOKEN [LAST_ID]
// fetch comes back with LAST_ID when it is started anew; eventsource comes back by itself, with the last id that it has read.
import { createRequire } from 'node:module';

const [, , how, url, token, lastId] = process.argv;
const headers = { Authorization: `Bearer ${token}`, ...(lastId ? { 'Last-Event-ID': lastId } : {}) };

function print(event, data, id) {
  console.log(JSON.stringify({ event, data: JSON.parse(data), id }));
}

async function readByFetch() {
  const answer = await fetch(url, { headers });
  let text = '';
  console.log(JSON.stringify({ event: 'open', status: answer.status }));
  for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = Object.fromEntries(text.slice(0, end).split('\n').map((line) => line.split(/: (.*)/s)));
      text = text.slice(end + 2);
      if (fields.data) print(fields.event, fields.data, fields.id);
    }
  }
}

function readByEventSource() {
  const { EventSource } = createRequire(`${process.env.NODE_MODULES}/`)('eventsource');
  const source = new EventSource(url, {
    fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...headers } }),
  });
  source.onopen = () => console.log(JSON.stringify({ event: 'open', status: 200 }));
  source.onerror = () => console.log(JSON.stringify({ event: 'error' }));
  source.addEventListener('message.created', (e) => print(e.type, e.data, e.lastEventId));
}

if (how === 'fetch') await readByFetch();
else readByEventSource();
