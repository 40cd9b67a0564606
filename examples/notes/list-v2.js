// The list handler on aws-sdk version 2, as older apps have it. That version
// knows no endpoint variable; Bawn's runtime points it at the right place.
import AWS from "aws-sdk";
import handler from "./libs/handler.js";

const table = new AWS.DynamoDB.DocumentClient();

export const main = handler(async (event) => {
  const { Items } = await table
    .query({
      TableName: process.env.tableName,
      KeyConditionExpression: "userId = :userId",
      ExpressionAttributeValues: {
        ":userId": event.requestContext.identity.cognitoIdentityId,
      },
    })
    .promise();
  return Items;
});
