import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { AwsError } from './aws-error.ts';
import { xmlOf } from './xml.ts';

/** Who calls, as the signature says. The signature itself is not checked: there are no secrets on one machine. */
export type Caller = {
  readonly accessKeyId: string;
  /** Of the credential scope. */
  readonly region: string;
};

/** One action of a service. The input is checked by the action; what it throws as an `AwsError` is its answer. */
export type Action = (input: unknown, caller: Caller) => unknown;

/** A service behind one of the AWS wire protocols. */
export type WireService =
  /** JSON 1.0 or 1.1: `x-amz-target: <target>.<Action>`. */
  | {
      readonly protocol: 'json';
      readonly target: string;
      readonly version: '1.0' | '1.1';
      readonly actions: Readonly<Record<string, Action>>;
    }
  /** Form in, XML out; `apiVersion` is the form's `Version`. Input is a flat record of texts. */
  | {
      readonly protocol: 'query';
      readonly apiVersion: string;
      readonly namespace: string;
      readonly actions: Readonly<Record<string, Action>>;
      /** Actions that AWS takes unsigned, because a secret token speaks for the caller. */
      readonly unsigned: readonly string[];
    }
  /** JSON at a path of its own, as `POST /findings`. */
  | { readonly protocol: 'rest'; readonly routes: Readonly<Record<string, Action>> };

/** A running endpoint for all services. */
export interface Wire {
  /** `http://127.0.0.1:<port>`: the `AWS_ENDPOINT_URL` of any SDK. */
  readonly url: string;
  close(): Promise<void>;
}

/** Bytes of one request: EventBridge takes at most 256 KB, Security Hub imports are larger. */
const bodyMax = 8 * 1024 * 1024;

/**
 * Answers SDK clients of any language on one local port (0: any free one). Every answer to a bad call is an error that the
 * SDK understands; a bug of a service is an `InternalFailure`, told to `onError`. Rejects when the port is taken.
 */
export async function startWire(options: {
  readonly services: readonly WireService[];
  readonly port?: number;
  readonly onError?: (error: unknown) => void;
}): Promise<Wire> {
  const server = createServer((request, response) => {
    answer(options.services, request, options.onError ?? (() => {}))
      .then((reply) => write(response, reply))
      .catch(() => response.destroy()); // the client went away
  });
  server.keepAliveTimeout = 60_000;
  const port = await listen(server, options.port ?? 0);
  return { url: `http://127.0.0.1:${port}`, close: () => shut(server) };
}

type Reply = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string };

type Call = {
  readonly name: string;
  readonly action: Action;
  readonly input: () => unknown;
  readonly needsSignature: boolean;
  readonly reply: (result: unknown) => Reply;
  readonly refuse: (error: AwsError) => Reply;
};

async function answer(
  services: readonly WireService[],
  request: IncomingMessage,
  onError: (error: unknown) => void,
): Promise<Reply> {
  const refuseEarly = request.headers['x-amz-target'] === undefined ? restRefusal : jsonRefusal('1.1');
  const body = await bodyOf(request);
  if (body === null)
    return refuseEarly(new AwsError('RequestEntityTooLargeException', 'Request body is too large', 413));
  const call = callOf(services, request, body);
  if (call instanceof AwsError) return refuseEarly(call);
  try {
    const caller = callerOf(request);
    if (caller === null && call.needsSignature) return call.refuse(unsigned(request));
    return call.reply(await call.action(call.input(), caller ?? { accessKeyId: 'anonymous', region: '' }));
  } catch (error) {
    if (error instanceof AwsError) return call.refuse(error);
    onError(error);
    return call.refuse(new AwsError('InternalFailure', 'The request processing has failed.', 500));
  }
}

function callOf(services: readonly WireService[], request: IncomingMessage, body: string): Call | AwsError {
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') return jsonCall(services, target, body);
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
  const route = `${request.method} ${path}`;
  for (const service of services) {
    if (service.protocol !== 'rest') continue;
    const action = Object.hasOwn(service.routes, route) ? service.routes[route] : undefined;
    if (action !== undefined) return restCall(route, action, body);
  }
  if (path === '/') return queryCall(services, new URLSearchParams(request.method === 'GET' ? query : body));
  return new AwsError('UnknownOperationException', `No operation at ${route}`, 404);
}

function jsonCall(services: readonly WireService[], target: string, body: string): Call | AwsError {
  const [prefix = '', name = ''] = target.split('.');
  for (const service of services) {
    if (service.protocol !== 'json' || service.target !== prefix) continue;
    const action = Object.hasOwn(service.actions, name) ? service.actions[name] : undefined;
    if (action === undefined) break;
    const headers = { 'content-type': `application/x-amz-json-${service.version}` };
    return {
      name,
      action,
      input: () => jsonOf(body),
      needsSignature: true,
      reply: (result) => ({ status: 200, headers, body: result === undefined ? '' : JSON.stringify(result) }),
      refuse: jsonRefusal(service.version),
    };
  }
  return new AwsError('UnknownOperationException', `Unknown operation: ${target.slice(0, 200)}`);
}

function jsonRefusal(version: '1.0' | '1.1'): (error: AwsError) => Reply {
  return (error) => ({
    status: error.status,
    headers: { 'content-type': `application/x-amz-json-${version}`, 'x-amzn-errortype': error.code },
    body: JSON.stringify({ __type: error.code, message: error.message }),
  });
}

function restCall(name: string, action: Action, body: string): Call {
  return {
    name,
    action,
    input: () => jsonOf(body),
    needsSignature: true,
    reply: (result) => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(result ?? {}),
    }),
    refuse: restRefusal,
  };
}

function restRefusal(error: AwsError): Reply {
  return {
    status: error.status,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': error.code },
    body: JSON.stringify({ code: error.code, message: error.message }),
  };
}

function queryCall(services: readonly WireService[], form: URLSearchParams): Call {
  const name = form.get('Action') ?? '';
  const version = form.get('Version');
  const candidates = services.filter((service) => service.protocol === 'query');
  const service = candidates.find(
    (candidate) => Object.hasOwn(candidate.actions, name) && (version === null || candidate.apiVersion === version),
  );
  const namespace = service?.namespace ?? 'http://sns.amazonaws.com/doc/2010-03-31/';
  return {
    name,
    action: service?.actions[name] ?? (() => refuseAction(name)),
    input: () => Object.fromEntries(form),
    needsSignature: !(service?.unsigned.includes(name) ?? false),
    reply: (result) => ({
      status: 200,
      headers: { 'content-type': 'text/xml' },
      body: xmlOf(`${name}Response`, namespace, {
        ...(result === undefined ? {} : { [`${name}Result`]: result }),
        ResponseMetadata: { RequestId: randomUUID() },
      }),
    }),
    refuse: (error) => ({
      status: error.status,
      headers: { 'content-type': 'text/xml' },
      body: xmlOf('ErrorResponse', namespace, {
        Error: { Type: error.status < 500 ? 'Sender' : 'Receiver', Code: error.code, Message: error.message },
        RequestId: randomUUID(),
      }),
    }),
  };
}

function refuseAction(name: string): never {
  if (name === '') throw new AwsError('MissingAction', 'The request must contain the parameter Action');
  throw new AwsError('InvalidAction', `The action ${name.slice(0, 100)} is not valid for this web service.`);
}

function jsonOf(body: string): unknown {
  if (body === '') return {};
  let input: unknown;
  try {
    input = JSON.parse(body);
  } catch {
    throw new AwsError('SerializationException', 'The request body is not valid JSON');
  }
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw new AwsError('SerializationException', 'Start of structure or map found where not expected.');
  return input;
}

// A web page open in the same machine's browser cannot add this header without asking first, and is never allowed to: a
// signature, though unchecked, keeps foreign pages from driving the services.
function callerOf(request: IncomingMessage): Caller | null {
  const header = request.headers.authorization ?? '';
  const scope = /Credential=([^/,\s]+)\/\d{8}\/([^/,\s]*)\//.exec(header);
  return scope === null ? null : { accessKeyId: scope[1] ?? '', region: scope[2] ?? '' };
}

function unsigned(request: IncomingMessage): AwsError {
  return request.headers.authorization === undefined
    ? new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token', 403)
    : new AwsError('IncompleteSignatureException', 'Authorization header requires a Credential', 403);
}

async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size <= bodyMax) chunks.push(bytes); // the rest is read and dropped, so that the client gets its answer
  }
  return size > bodyMax ? null : Buffer.concat(chunks).toString('utf8');
}

function write(response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, {
    ...reply.headers,
    'x-amzn-requestid': randomUUID(),
    'content-length': String(Buffer.byteLength(reply.body)),
  });
  response.end(reply.body);
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.removeListener('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function shut(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
