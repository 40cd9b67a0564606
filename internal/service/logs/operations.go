package logs

import (
	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/logs"
)

// operations is the service's table. Group operations are authorized on
// GROUP:log-stream: with an empty stream, which is what the usual policies
// (…:log-group:NAME:*) match.
func (s *Service) operations() awsapi.Table {
	return awsapi.NewTable(
		awsapi.Op("CreateLogGroup", s.CreateLogGroup, awsapi.On("logs:CreateLogGroup", func(_ *awsapi.Call, in *shape.CreateLogGroupInput) string { return s.stream(in.LogGroupName, nil) })),
		awsapi.Op("DeleteLogGroup", s.DeleteLogGroup, awsapi.On("logs:DeleteLogGroup", func(_ *awsapi.Call, in *shape.DeleteLogGroupInput) string { return s.stream(in.LogGroupName, nil) })),
		awsapi.Op("DescribeLogGroups", s.DescribeLogGroups, awsapi.On("logs:DescribeLogGroups", func(_ *awsapi.Call, in *shape.DescribeLogGroupsInput) string {
			return s.stream(in.LogGroupNamePrefix, nil)
		})),
		awsapi.Op("CreateLogStream", s.CreateLogStream, awsapi.On("logs:CreateLogStream", func(_ *awsapi.Call, in *shape.CreateLogStreamInput) string {
			return s.stream(in.LogGroupName, in.LogStreamName)
		})),
		awsapi.Op("DeleteLogStream", s.DeleteLogStream, awsapi.On("logs:DeleteLogStream", func(_ *awsapi.Call, in *shape.DeleteLogStreamInput) string {
			return s.stream(in.LogGroupName, in.LogStreamName)
		})),
		awsapi.Op("DescribeLogStreams", s.DescribeLogStreams, awsapi.On("logs:DescribeLogStreams", func(_ *awsapi.Call, in *shape.DescribeLogStreamsInput) string {
			return s.stream(s.either(in.LogGroupName, in.LogGroupIdentifier), nil)
		})),
		awsapi.Op("PutLogEvents", s.PutLogEvents, awsapi.On("logs:PutLogEvents", func(_ *awsapi.Call, in *shape.PutLogEventsInput) string {
			return s.stream(in.LogGroupName, in.LogStreamName)
		})),
		awsapi.Op("GetLogEvents", s.GetLogEvents, awsapi.On("logs:GetLogEvents", func(_ *awsapi.Call, in *shape.GetLogEventsInput) string {
			return s.stream(s.either(in.LogGroupName, in.LogGroupIdentifier), in.LogStreamName)
		})),
		awsapi.Op("FilterLogEvents", s.FilterLogEvents, awsapi.On("logs:FilterLogEvents", func(_ *awsapi.Call, in *shape.FilterLogEventsInput) string {
			return s.stream(s.either(in.LogGroupName, in.LogGroupIdentifier), nil)
		})),
		awsapi.Op("PutRetentionPolicy", s.PutRetentionPolicy, awsapi.On("logs:PutRetentionPolicy", func(_ *awsapi.Call, in *shape.PutRetentionPolicyInput) string { return s.stream(in.LogGroupName, nil) })),
		awsapi.Op("DeleteRetentionPolicy", s.DeleteRetentionPolicy, awsapi.On("logs:DeleteRetentionPolicy", func(_ *awsapi.Call, in *shape.DeleteRetentionPolicyInput) string {
			return s.stream(in.LogGroupName, nil)
		})),
		awsapi.Op("TagLogGroup", s.TagLogGroup, awsapi.On("logs:TagLogGroup", func(_ *awsapi.Call, in *shape.TagLogGroupInput) string { return s.stream(in.LogGroupName, nil) })),
		awsapi.Op("UntagLogGroup", s.UntagLogGroup, awsapi.On("logs:UntagLogGroup", func(_ *awsapi.Call, in *shape.UntagLogGroupInput) string { return s.stream(in.LogGroupName, nil) })),
		awsapi.Op("ListTagsLogGroup", s.ListTagsLogGroup, awsapi.On("logs:ListTagsLogGroup", func(_ *awsapi.Call, in *shape.ListTagsLogGroupInput) string { return s.stream(in.LogGroupName, nil) })),
		awsapi.Op("TagResource", s.TagResource, awsapi.On("logs:TagResource", func(_ *awsapi.Call, in *shape.TagResourceInput) string { return s.tagged(in.ResourceArn) })),
		awsapi.Op("UntagResource", s.UntagResource, awsapi.On("logs:UntagResource", func(_ *awsapi.Call, in *shape.UntagResourceInput) string { return s.tagged(in.ResourceArn) })),
		awsapi.Op("ListTagsForResource", s.ListTagsForResource, awsapi.On("logs:ListTagsForResource", func(_ *awsapi.Call, in *shape.ListTagsForResourceInput) string { return s.tagged(in.ResourceArn) })),
	)
}

// stream returns the ARN of a stream; nil names stand for none.
func (s *Service) stream(group, stream *string) string {
	return s.arn(deref(group)) + ":log-stream:" + deref(stream)
}

// tagged returns the ARN tag operations are authorized on: with a trailing :*
// in the request or not, it is the same group.
func (s *Service) tagged(arn *string) string { return s.arn(s.groupOf(deref(arn))) + ":log-stream:" }

func deref(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}
