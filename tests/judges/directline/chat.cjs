// Holds a conversation through Bot Framework's own client (botframework-directlinejs), polling.
//
//   node chat.cjs DOMAIN TOKEN [CONVERSATION]
//
// With a conversation it reconnects to it, from its beginning. Reads one JSON command a line:
//   {"post": {an activity}}   {"refresh": true}   {"reconnect": true}   {"end": true}
// Writes one JSON event a line:
//   {"status": n} of the connection   {"activity": {…}} received   {"posted": id, or "retry" where nobody was reached}
//   {"refreshed": token}   {"watermark": "…"} it goes on from   {"failed": what}
//
// This client gives up polling, without a word, once it cannot reach the server (0.15.8). A page learns of it when
// something cannot be posted, and reconnects as the package's own documents say: a new client with the conversation,
// its token and its watermark. That is what "reconnect" does.
"use strict";

global.XMLHttpRequest = require("xhr2");
global.WebSocket = undefined; // the client looks at it even where it is told to poll
const { DirectLine } = require("botframework-directlinejs");
const readline = require("node:readline");

const POLLING_INTERVAL = 200; // milliseconds; the client takes no less

const [domain, token, conversationId] = process.argv.slice(2);
const tell = (event) => process.stdout.write(JSON.stringify(event) + "\n");
const fail = (error) => tell({ failed: `${error.status ?? ""} ${error.message ?? error}`.trim() });

let line, listening;

function connect(known) {
  line = new DirectLine({ domain, webSocket: false, pollingInterval: POLLING_INTERVAL, ...known });
  line.connectionStatus$.subscribe((status) => tell({ status }));
  listening = line.activity$.subscribe((activity) => tell({ activity }), fail);
}

function reconnect() {
  const { token, conversationId, watermark } = line;
  listening.unsubscribe();
  line.end();
  connect({ token, conversationId, watermark });
  tell({ watermark });
}

// What the client's own timer does every fifteen minutes.
function refresh() {
  line.refreshToken().subscribe((refreshed) => {
    line.token = refreshed;
    tell({ refreshed });
  }, fail);
}

function end() {
  listening.unsubscribe();
  line.end();
  process.exit(0);
}

function post(activity) {
  line.postActivity(activity).subscribe((id) => tell({ posted: id }), fail);
}

connect({ token, conversationId });
readline.createInterface({ input: process.stdin }).on("line", (text) => {
  const command = JSON.parse(text);
  if (command.end) end();
  else if (command.refresh) refresh();
  else if (command.reconnect) reconnect();
  else post({ from: { id: "dl_me", name: "Patient" }, ...command.post });
});
