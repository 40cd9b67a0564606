// For each check its forged twin: what the other emulators answer with 200
// must be refused here, by AWS's own code.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Sha256 } from "@aws-crypto/sha256-js";
import { CognitoIdentityClient, GetCredentialsForIdentityCommand, GetIdCommand } from "@aws-sdk/client-cognito-identity";
import {
  AdminGetUserCommand,
  CognitoIdentityProviderClient,
  ConfirmSignUpCommand,
  GetUserCommand,
  InitiateAuthCommand,
  SignUpCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { SignatureV4 } from "@smithy/signature-v4";
import { Bawn, freshAddress, password } from "./bawn.mjs";

let bawn, idp, identity, login;
before(async () => {
  bawn = await Bawn.start();
  const open = { endpoint: bawn.endpoint, region: bawn.region, maxAttempts: 1 };
  idp = new CognitoIdentityProviderClient(open);
  identity = new CognitoIdentityClient(open);
  login = await newUser();
});
after(() => bawn.stop());

const ClientId = () => bawn.outputs.UserPoolClientId;
const loginKey = () => `cognito-idp.${bawn.region}.amazonaws.com/${bawn.outputs.UserPoolId}`;

async function newUser() {
  const Username = freshAddress();
  await idp.send(new SignUpCommand({ ClientId: ClientId(), Username, Password: password, UserAttributes: [{ Name: "email", Value: Username }] }));
  await idp.send(new ConfirmSignUpCommand({ ClientId: ClientId(), Username, ConfirmationCode: await bawn.code(Username) }));
  const { AuthenticationResult: tokens } = await idp.send(
    new InitiateAuthCommand({ ClientId: ClientId(), AuthFlow: "USER_PASSWORD_AUTH", AuthParameters: { USERNAME: Username, PASSWORD: password } }),
  );
  const Logins = { [loginKey()]: tokens.IdToken };
  const { IdentityId } = await identity.send(new GetIdCommand({ IdentityPoolId: bawn.outputs.IdentityPoolId, Logins }));
  const { Credentials: c } = await identity.send(new GetCredentialsForIdentityCommand({ IdentityId, Logins }));
  const credentials = { accessKeyId: c.AccessKeyId, secretAccessKey: c.SecretKey, sessionToken: c.SessionToken };
  return { Username, tokens, Logins, IdentityId, credentials };
}

const client = (Type, credentials, more = {}) =>
  new Type({ endpoint: bawn.endpoint, region: bawn.region, credentials, maxAttempts: 1, forcePathStyle: true, ...more });

// Sends a request to the API, signed with the given credentials, after
// tamper() has had its way with it.
async function callAPI(credentials, { method = "GET", path = "/notes", body, tamper, signingDate, region = bawn.region, service = "execute-api" } = {}) {
  const url = new URL(bawn.outputs.ServiceEndpoint + path);
  const request = {
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    port: Number(url.port),
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { host: url.host, ...(body ? { "content-type": "application/json" } : {}) },
    body,
  };
  const signer = new SignatureV4({ credentials, region, service, sha256: Sha256, applyChecksum: false });
  const signed = credentials ? await signer.sign(request, { signingDate }) : request;
  tamper?.(signed);
  const query = new URLSearchParams(signed.query).toString();
  const answer = await fetch(`${url.origin}${signed.path}${query ? "?" + query : ""}`, {
    method: signed.method,
    headers: signed.headers,
    body: signed.body,
  });
  return { status: answer.status, type: answer.headers.get("x-amzn-errortype"), body: await answer.text() };
}

const forgedToken = (token, change) => {
  const [head, payload] = token.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url"));
  return [head, Buffer.from(JSON.stringify({ ...claims, ...change })).toString("base64url"), "AAAA"].join(".");
};

test("the true requests pass", async () => {
  assert.equal((await idp.send(new GetUserCommand({ AccessToken: login.tokens.AccessToken }))).Username.length, 36);
  assert.equal((await callAPI(login.credentials)).status, 200);
  const who = await client(STSClient, login.credentials).send(new GetCallerIdentityCommand({}));
  assert.match(who.Arn, /^arn:aws:sts::000000000000:assumed-role\/.+\/CognitoIdentityCredentials$/);
});

test("GetUser: a token with a false signature, alg none, an ID token", async () => {
  const refused = { name: "NotAuthorizedException" };
  const send = (AccessToken) => idp.send(new GetUserCommand({ AccessToken }));
  await assert.rejects(send(forgedToken(login.tokens.AccessToken, {})), refused);
  await assert.rejects(send(forgedToken(login.tokens.AccessToken, { sub: "00000000-0000-0000-0000-000000000000" })), refused);
  const [, payload] = login.tokens.AccessToken.split(".");
  const none = Buffer.from(JSON.stringify({ alg: "none", typ: "JWT" })).toString("base64url");
  await assert.rejects(send(`${none}.${payload}.`), refused);
  await assert.rejects(send(login.tokens.IdToken), refused);
});

test("AdminGetUser without a signature", async () => {
  const answer = await fetch(bawn.endpoint, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSCognitoIdentityProviderService.AdminGetUser" },
    body: JSON.stringify({ UserPoolId: bawn.outputs.UserPoolId, Username: login.Username }),
  });
  assert.equal(answer.status, 400);
  assert.equal((await answer.json()).__type.split("#").at(-1), "MissingAuthenticationTokenException");
  const denied = client(CognitoIdentityProviderClient, login.credentials);
  await assert.rejects(denied.send(new AdminGetUserCommand({ UserPoolId: bawn.outputs.UserPoolId, Username: login.Username })), { name: "AccessDeniedException" });
});

test("a wrong password by either flow", async () => {
  await assert.rejects(
    idp.send(new InitiateAuthCommand({ ClientId: ClientId(), AuthFlow: "USER_PASSWORD_AUTH", AuthParameters: { USERNAME: login.Username, PASSWORD: "Wrong-horse7" } })),
    { name: "NotAuthorizedException", message: "Incorrect username or password." },
  );
});

test("an oversized SRP_A is refused before any arithmetic", async () => {
  await assert.rejects(
    idp.send(new InitiateAuthCommand({ ClientId: ClientId(), AuthFlow: "USER_SRP_AUTH", AuthParameters: { USERNAME: login.Username, SRP_A: "f".repeat(100_000) } })),
    (e) => e.$metadata.httpStatusCode === 400 && /InvalidParameter|NotAuthorized/.test(e.name),
  );
});

test("identity pool: forged, foreign and missing logins", async () => {
  const key = loginKey();
  const pool = bawn.outputs.IdentityPoolId;
  const refused = { name: "NotAuthorizedException" };
  await assert.rejects(identity.send(new GetIdCommand({ IdentityPoolId: pool, Logins: { [key]: forgedToken(login.tokens.IdToken, {}) } })), refused);
  await assert.rejects(identity.send(new GetIdCommand({ IdentityPoolId: pool, Logins: { [key]: login.tokens.AccessToken } })), refused);
  await assert.rejects(identity.send(new GetIdCommand({ IdentityPoolId: pool })), refused);
  await assert.rejects(identity.send(new GetCredentialsForIdentityCommand({ IdentityId: login.IdentityId })), refused);
  const other = await newUser();
  await assert.rejects(identity.send(new GetCredentialsForIdentityCommand({ IdentityId: login.IdentityId, Logins: other.Logins })), refused);
});

test("DynamoDB: wrong secret, unknown key, old date, no rights", async () => {
  const read = new GetItemCommand({ TableName: bawn.outputs.TableName, Key: { userId: { S: "x" }, noteId: { S: "y" } } });
  await assert.rejects(client(DynamoDBClient, { ...bawn.credentials, secretAccessKey: "wrong" }).send(read), { name: "InvalidSignatureException" });
  await assert.rejects(client(DynamoDBClient, { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "x" }).send(read), { name: "UnrecognizedClientException" });
  await assert.rejects(client(DynamoDBClient, bawn.credentials, { systemClockOffset: -3_600_000 }).send(read), { name: "InvalidSignatureException" });
  await assert.rejects(client(DynamoDBClient, login.credentials).send(read), { name: "AccessDeniedException" });
  await client(DynamoDBClient, bawn.credentials).send(read);
});

test("temporary credentials: token left out, swapped, altered", async () => {
  const other = await newUser();
  for (const sessionToken of [undefined, other.credentials.sessionToken, login.credentials.sessionToken.replace(/.$/, (c) => (c === "A" ? "B" : "A"))]) {
    const { status, type } = await callAPI({ ...login.credentials, sessionToken });
    assert.equal(status, 403);
    assert.match(type, /UnrecognizedClientException/);
  }
  await assert.rejects(client(STSClient, { ...login.credentials, sessionToken: undefined }).send(new GetCallerIdentityCommand({})), { name: "InvalidClientTokenId" });
});

test("API: unsigned, wrong secret, altered request, wrong scope, old date", async () => {
  const unsigned = await callAPI(undefined);
  assert.equal(unsigned.status, 403);
  assert.deepEqual(JSON.parse(unsigned.body), { message: "Missing Authentication Token" });
  const forged = {
    secret: await callAPI({ ...login.credentials, secretAccessKey: "wrong" }),
    method: await callAPI(login.credentials, { tamper: (r) => (r.method = "DELETE") }),
    path: await callAPI(login.credentials, { path: "/notes/1", tamper: (r) => (r.path = r.path.replace("/notes/1", "/notes/2")) }),
    query: await callAPI(login.credentials, { path: "/notes?limit=1", tamper: (r) => (r.query.limit = "2") }),
    body: await callAPI(login.credentials, { method: "POST", body: '{"content":"a"}', tamper: (r) => (r.body = '{"content":"b"}') }),
    signature: await callAPI(login.credentials, { tamper: (r) => (r.headers.authorization = r.headers.authorization.replace(/Signature=.*/, "Signature=" + "0".repeat(64))) }),
    region: await callAPI(login.credentials, { region: "eu-north-1" }),
    service: await callAPI(login.credentials, { service: "s3" }),
    old: await callAPI(login.credentials, { signingDate: new Date(Date.now() - 6 * 60_000) }),
    future: await callAPI(login.credentials, { signingDate: new Date(Date.now() + 6 * 60_000) }),
  };
  for (const [what, { status, type }] of Object.entries(forged)) {
    assert.equal(status, 403, what);
    assert.match(type, /InvalidSignatureException|MissingAuthenticationToken/, what);
  }
});

test("S3: another identity's prefix, no rights, wrong secret, anonymous", async () => {
  const Bucket = bawn.outputs.AttachmentsBucketName;
  const mine = `private/${login.IdentityId}/a b+é.txt`;
  const s3 = client(S3Client, login.credentials);
  await s3.send(new PutObjectCommand({ Bucket, Key: mine, Body: "hello" }));
  assert.equal(await (await s3.send(new GetObjectCommand({ Bucket, Key: mine }))).Body.transformToString(), "hello");
  const other = client(S3Client, (await newUser()).credentials);
  await assert.rejects(other.send(new GetObjectCommand({ Bucket, Key: mine })), { name: "AccessDenied" });
  await assert.rejects(other.send(new PutObjectCommand({ Bucket, Key: mine, Body: "x" })), { name: "AccessDenied" });
  await assert.rejects(client(S3Client, { ...login.credentials, secretAccessKey: "wrong" }).send(new GetObjectCommand({ Bucket, Key: mine })), { name: "SignatureDoesNotMatch" });
  assert.equal((await fetch(`${bawn.endpoint}/${Bucket}/${encodeURIComponent(mine)}`)).status, 403);
  assert.equal((await fetch(`${bawn.endpoint}/${Bucket}/new.txt`, { method: "PUT", body: "x" })).status, 403);
});

test("malformed JSON, unknown operation, foreign table", async () => {
  const post = (target, body) =>
    fetch(bawn.endpoint, { method: "POST", headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": target }, body });
  const malformed = await post("AWSCognitoIdentityProviderService.SignUp", '{"ClientId":');
  assert.equal(malformed.status, 400);
  assert.match((await malformed.json()).__type, /SerializationException/);
  const unknown = await post("AWSCognitoIdentityProviderService.NoSuchThing", "{}");
  assert.equal(unknown.status, 400);
  assert.match((await unknown.json()).__type, /UnknownOperationException/);
  const unbuilt = await post("AWSCognitoIdentityProviderService.CreateManagedLoginBranding", "{}");
  assert.equal(unbuilt.status, 501);
  assert.match((await unbuilt.json()).message, /CreateManagedLoginBranding/);
  await assert.rejects(
    client(DynamoDBClient, bawn.credentials).send(new PutItemCommand({ TableName: "no-such-table", Item: { id: { S: "1" } } })),
    { name: "ResourceNotFoundException" },
  );
});

test("every refusal can be asked why", async () => {
  await callAPI({ ...login.credentials, secretAccessKey: "wrong" });
  const { requests } = await bawn.ask("requests");
  const refused = requests.findLast((r) => r.status === 403);
  const why = await bawn.ask("why", refused.id);
  assert.equal(why.request.id, refused.id);
  assert.ok(why.notes.length > 0 || why.decisions.length > 0, "a refusal has a reason");
});
