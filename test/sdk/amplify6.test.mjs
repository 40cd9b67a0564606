// Amplify 6, unmodified, with the configuration Bawn writes: sign up, confirm,
// sign in, credentials, the signed API, refresh, sign out.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Amplify } from "aws-amplify";
import { del, get, post, put } from "aws-amplify/api";
import {
  confirmResetPassword,
  confirmSignUp,
  fetchAuthSession,
  fetchUserAttributes,
  getCurrentUser,
  resetPassword,
  signIn,
  signOut,
  signUp,
  updatePassword,
} from "aws-amplify/auth";
import { Bawn, freshAddress, password } from "./bawn.mjs";

let bawn, apiName;
before(async () => {
  bawn = await Bawn.start();
  Amplify.configure(bawn.amplify);
  apiName = Object.keys(bawn.amplify.API.REST)[0];
});
after(() => bawn.stop());

async function register() {
  const username = freshAddress();
  const { nextStep } = await signUp({ username, password, options: { userAttributes: { email: username } } });
  assert.equal(nextStep.signUpStep, "CONFIRM_SIGN_UP");
  assert.equal(nextStep.codeDeliveryDetails.deliveryMedium, "EMAIL");
  const { isSignUpComplete } = await confirmSignUp({ username, confirmationCode: await bawn.code(username) });
  assert.ok(isSignUpComplete);
  return username;
}

const json = async (operation) => (await (await operation.response).body.json());

test("the whole flow to a note of one's own", async () => {
  const username = await register();
  const { isSignedIn } = await signIn({ username, password });
  assert.ok(isSignedIn);
  const { tokens, identityId, credentials } = await fetchAuthSession();
  assert.ok(identityId.startsWith(`${bawn.region}:`));
  assert.ok(credentials.accessKeyId.startsWith("ASIA"));
  assert.equal(tokens.idToken.payload.email, username);

  const note = await json(post({ apiName, path: "/notes", options: { body: { content: "hello world", attachment: "a b.txt" } } }));
  assert.equal(note.userId, identityId, "the function must see the caller's own identity id");
  assert.equal(note.content, "hello world");
  const list = await json(get({ apiName, path: "/notes" }));
  assert.deepEqual(list, [note]);
  assert.deepEqual(await json(get({ apiName, path: "/v2/notes" })), [note], "the aws-sdk 2 variant sees the same");
  assert.deepEqual(await json(get({ apiName, path: `/notes/${note.noteId}` })), note);
  assert.deepEqual(await json(put({ apiName, path: `/notes/${note.noteId}`, options: { body: { content: "changed" } } })), { status: true });
  assert.equal((await json(get({ apiName, path: `/notes/${note.noteId}` }))).content, "changed");
  assert.deepEqual(await json(del({ apiName, path: `/notes/${note.noteId}` })), { status: true });
  await assert.rejects(json(get({ apiName, path: `/notes/${note.noteId}` })), (e) => e.response?.statusCode === 404);
  await signOut();
});

test("another user sees none of it, and keeps one identity", async () => {
  const first = await register();
  await signIn({ username: first, password });
  const note = await json(post({ apiName, path: "/notes", options: { body: { content: "mine" } } }));
  const { identityId } = await fetchAuthSession();
  await signOut();

  const second = await register();
  await signIn({ username: second, password });
  assert.deepEqual(await json(get({ apiName, path: "/notes" })), []);
  await assert.rejects(json(get({ apiName, path: `/notes/${note.noteId}` })), (e) => e.response?.statusCode === 404);
  await signOut();

  await signIn({ username: first, password });
  assert.equal((await fetchAuthSession()).identityId, identityId);
  await signOut();
});

test("no session: the API refuses, with the gateway response's CORS headers", async () => {
  await assert.rejects(json(get({ apiName, path: "/notes" })), (e) => {
    assert.equal(e.response.statusCode, 403);
    assert.match(e.response.body, /Missing Authentication Token/);
    assert.equal(e.response.headers["access-control-allow-origin"], "*");
    return true;
  });
});

test("session refresh, attributes, password change and reset", async () => {
  const username = await register();
  await signIn({ username, password });
  const before = (await fetchAuthSession()).tokens.accessToken.toString();
  const fresh = (await fetchAuthSession({ forceRefresh: true })).tokens;
  assert.notEqual(fresh.accessToken.toString(), before);
  assert.equal((await fetchUserAttributes()).email, username);
  assert.ok((await getCurrentUser()).userId);
  await updatePassword({ oldPassword: password, newPassword: "Another-horse8" });
  await signOut();
  await assert.rejects(signIn({ username, password }), { name: "NotAuthorizedException" });
  const { nextStep } = await resetPassword({ username });
  assert.equal(nextStep.resetPasswordStep, "CONFIRM_RESET_PASSWORD_WITH_CODE");
  await confirmResetPassword({ username, confirmationCode: await bawn.code(username), newPassword: "Third-horse99" });
  await signIn({ username, password: "Third-horse99" });
  await signOut({ global: true });
});
