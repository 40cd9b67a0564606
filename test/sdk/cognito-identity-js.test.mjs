// amazon-cognito-identity-js, unmodified: the user pool's whole story.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  AuthenticationDetails,
  CognitoRefreshToken,
  CognitoUser,
  CognitoUserAttribute,
  CognitoUserPool,
} from "amazon-cognito-identity-js";
import { Bawn, freshAddress, password } from "./bawn.mjs";

let bawn, pool;
before(async () => {
  bawn = await Bawn.start();
  pool = new CognitoUserPool({
    UserPoolId: bawn.outputs.UserPoolId,
    ClientId: bawn.outputs.UserPoolClientId,
    endpoint: bawn.endpoint,
  });
});
after(() => bawn.stop());

const call = (f) => new Promise((resolve, reject) => f((err, out) => (err ? reject(err) : resolve(out))));
const user = (Username) => new CognitoUser({ Username, Pool: pool });

function signIn(address, secret = password) {
  const u = user(address);
  return new Promise((resolve, reject) =>
    u.authenticateUser(new AuthenticationDetails({ Username: address, Password: secret }), {
      onSuccess: (session) => resolve({ user: u, session }),
      onFailure: reject,
      newPasswordRequired: () => reject(new Error("new password required")),
    }),
  );
}

async function signUp(address) {
  const attributes = [new CognitoUserAttribute({ Name: "email", Value: address })];
  return call((done) => pool.signUp(address, password, attributes, null, done));
}

async function confirmed() {
  const address = freshAddress();
  await signUp(address);
  const code = await bawn.code(address);
  await call((done) => user(address).confirmRegistration(code, true, done));
  return address;
}

test("sign up, confirm, sign in by SRP, read the claims", async () => {
  const address = freshAddress();
  const { userConfirmed, userSub } = await signUp(address);
  assert.equal(userConfirmed, false);
  await assert.rejects(signIn(address), { code: "UserNotConfirmedException", message: "User is not confirmed." });
  await assert.rejects(call((done) => user(address).confirmRegistration("000000", true, done)), { code: "CodeMismatchException" });
  const code = await bawn.code(address);
  assert.match(code, /^\d{6}$/);
  await call((done) => user(address).confirmRegistration(code, true, done));
  const { session } = await signIn(address);
  const id = session.getIdToken().payload;
  assert.equal(id.sub, userSub);
  assert.equal(id.email, address);
  assert.equal(id.email_verified, true);
  assert.equal(id.token_use, "id");
  assert.equal(id.aud, bawn.outputs.UserPoolClientId);
  assert.equal(id.iss, `https://cognito-idp.${bawn.region}.amazonaws.com/${bawn.outputs.UserPoolId}`);
  assert.equal(session.getAccessToken().payload.token_use, "access");
});

test("a second sign-up with the address is refused", async () => {
  const address = await confirmed();
  await assert.rejects(signUp(address), { code: "UsernameExistsException" });
});

test("wrong password and unknown user look the same", async () => {
  const address = await confirmed();
  const expected = { code: "NotAuthorizedException", message: "Incorrect username or password." };
  await assert.rejects(signIn(address, "Wrong-horse7"), expected);
  await assert.rejects(signIn(freshAddress(), password), expected);
});

test("refresh, change password, attributes", async () => {
  const address = await confirmed();
  const { user: u, session } = await signIn(address);
  const fresh = await call((done) => u.refreshSession(new CognitoRefreshToken({ RefreshToken: session.getRefreshToken().getToken() }), done));
  assert.ok(fresh.isValid());
  await call((done) => u.changePassword(password, "Another-horse8", done));
  await assert.rejects(signIn(address, password), { code: "NotAuthorizedException" });
  await signIn(address, "Another-horse8");
  const attributes = await call((done) => u.getUserAttributes(done));
  assert.equal(attributes.find((a) => a.getName() === "email").getValue(), address);
});

test("change of address needs the code sent to the new one", async () => {
  const address = await confirmed();
  const { user: u } = await signIn(address);
  const other = freshAddress();
  await call((done) => u.updateAttributes([new CognitoUserAttribute({ Name: "email", Value: other })], done));
  const code = await bawn.code(other);
  assert.match(code, /^\d{6}$/);
  await new Promise((resolve, reject) => u.verifyAttribute("email", code, { onSuccess: resolve, onFailure: reject }));
  await signIn(other);
});

test("forgotten password", async () => {
  const address = await confirmed();
  const u = user(address);
  await new Promise((resolve, reject) => u.forgotPassword({ onSuccess: resolve, onFailure: reject, inputVerificationCode: resolve }));
  const code = await bawn.code(address);
  await new Promise((resolve, reject) => u.confirmPassword(code, "Third-horse99", { onSuccess: resolve, onFailure: reject }));
  await signIn(address, "Third-horse99");
});

test("global sign-out revokes", async () => {
  const address = await confirmed();
  const { user: u, session } = await signIn(address);
  const refresh = session.getRefreshToken().getToken();
  await new Promise((resolve, reject) => u.globalSignOut({ onSuccess: resolve, onFailure: reject }));
  await assert.rejects(call((done) => user(address).refreshSession(new CognitoRefreshToken({ RefreshToken: refresh }), done)), { code: "NotAuthorizedException" });
});

test("a user deletes himself", async () => {
  const address = await confirmed();
  const { user: u } = await signIn(address);
  await call((done) => u.deleteUser(done));
  await assert.rejects(signIn(address), { code: "NotAuthorizedException", message: "Incorrect username or password." });
});
