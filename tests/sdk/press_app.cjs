// An app made with the official Node SDK, which is told of pressed cards.
//
// Usage: node press_app.cjs http           prints its URL, then serves until its standard input ends
//        node press_app.cjs long SANDBOX   connects to the sandbox by a long connection, the same

const http = require('node:http');
const lark = require('@larksuiteoapi/node-sdk');

const APP_ID = 'cli_a1b2c3d4e5f60718';
const [mode, sandbox] = process.argv.slice(2);
// A long connection is authenticated when it is made: keys are for HTTP only.
const keys = mode === 'http' ? { encryptKey: 'kitty-hawk-1903', verificationToken: 'vt-alpha' } : {};

const dispatcher = new lark.EventDispatcher({ ...keys, loggerLevel: lark.LoggerLevel.error }).register({
  'card.action.trigger': async (data) => {
    const seen = `${data.action.tag} ${data.action.value.act} ${data.operator.open_id} ${data.context.open_message_id}`;
    if (!data.token.startsWith('c-') || data.host !== 'im_message' || data.app_id !== APP_ID) throw new Error(JSON.stringify(data));
    return {
      toast: { type: 'success', content: seen, i18n: { en_us: 'by node' } },
      card: {
        type: 'raw',
        data: { schema: '2.0', config: { update_multi: true }, body: { elements: [{ tag: 'markdown', content: seen }] } },
      },
    };
  },
});

if (mode === 'http') {
  const server = http.createServer();
  server.on('request', lark.adaptDefault('/callback', dispatcher, { autoChallenge: true }));
  server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/callback`));
} else {
  const client = new lark.WSClient({ appId: APP_ID, appSecret: 'secret', domain: sandbox, loggerLevel: lark.LoggerLevel.error });
  client.start({ eventDispatcher: dispatcher });
}
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
