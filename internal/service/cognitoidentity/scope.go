package cognitoidentity

// guestSessionName and the provider stand in every identity-pool session.
const (
	sessionName = "CognitoIdentityCredentials"
	provider    = "cognito-identity.amazonaws.com"
)

// guestPolicies are the session policies that limit guests in the enhanced
// flow (developer guide, "access policies for unauthenticated identities"):
// only services meant for clients, and in particular neither IAM nor STS nor
// anything that keeps secrets. A list of those services that exist in Bawn or
// that applications of this architecture call.
func guestPolicies() (inline []string, managed []string) {
	return []string{`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[` +
			`"execute-api:*","cognito-identity:*","cognito-idp:*","cognito-sync:*","dynamodb:*","lambda:*","s3:*","ses:*","sns:*","sqs:*",` +
			`"cloudwatch:*","logs:*","firehose:*","mobileanalytics:*","mobiletargeting:*","kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","kms:GenerateDataKey*"],"Resource":"*"}]}`},
		[]string{"arn:aws:iam::aws:policy/AmazonCognitoUnauthenticatedIdentities"}
}
