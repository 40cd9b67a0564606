import handler from "./libs/handler.js";
import table from "./libs/table.js";

export const main = handler(async (event) => {
  const { Items } = await table.query({
    KeyConditionExpression: "userId = :userId",
    ExpressionAttributeValues: {
      ":userId": event.requestContext.identity.cognitoIdentityId,
    },
  });
  return Items;
});
