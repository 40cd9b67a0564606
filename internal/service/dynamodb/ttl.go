package dynamodb

import (
	"context"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
)

// DescribeTimeToLive tells that items do not expire: switching it on
// (UpdateTimeToLive) is not built.
func (s *Service) DescribeTimeToLive(ctx context.Context, call *awsapi.Call, in *dynamodb.DescribeTimeToLiveInput) (*dynamodb.DescribeTimeToLiveOutput, error) {
	at, err := s.target(call, in.TableName)
	if err != nil {
		return nil, err
	}
	t, err := s.peek(ctx, at.key)
	if err != nil {
		return nil, err
	}
	if t == nil {
		return nil, noTableNamed(at.name)
	}
	return &dynamodb.DescribeTimeToLiveOutput{TimeToLiveDescription: &dynamodb.TimeToLiveDescription{TimeToLiveStatus: ptr("DISABLED")}}, nil
}
