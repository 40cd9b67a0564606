package s3

import (
	"net/http"
	"strconv"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/policy"
)

// Deny words S3's refusals: AccessDenied, 403. The message names the caller,
// the action and the reason, as AWS does since 2024 for callers of the same
// account; anonymous callers learn nothing.
func Deny(caller *awsapi.Caller, d awsapi.Demand, decision policy.Decision) *awsapi.Error {
	if caller.Kind == awsapi.Anonymous {
		return accessDenied("Access Denied")
	}
	return accessDenied(awsapi.DeniedMessage(caller, d, decision))
}

func accessDenied(message string) *awsapi.Error {
	return &awsapi.Error{Code: "AccessDenied", Message: message, Status: http.StatusForbidden}
}

func noSuchBucket(name string) *awsapi.Error {
	return (&awsapi.Error{Code: "NoSuchBucket", Message: "The specified bucket does not exist", Status: http.StatusNotFound}).With("BucketName", name)
}

func noSuchKey(key string) *awsapi.Error {
	return (&awsapi.Error{Code: "NoSuchKey", Message: "The specified key does not exist.", Status: http.StatusNotFound}).With("Key", key)
}

func noSuchVersion(key, version string) *awsapi.Error {
	return (&awsapi.Error{Code: "NoSuchVersion", Message: "The specified version does not exist.", Status: http.StatusNotFound}).
		With("Key", key).With("VersionId", version)
}

// notThere is the 404 of a bucket's part that was never set.
func notThere(code, message, bucket string) *awsapi.Error {
	return (&awsapi.Error{Code: code, Message: message, Status: http.StatusNotFound}).With("BucketName", bucket)
}

func invalidBucketName(name string) *awsapi.Error {
	return awsapi.Errorf("InvalidBucketName", "The specified bucket is not valid.").With("BucketName", name)
}

func bucketNotEmpty(name string) *awsapi.Error {
	return (&awsapi.Error{Code: "BucketNotEmpty", Message: "The bucket you tried to delete is not empty", Status: http.StatusConflict}).With("BucketName", name)
}

func operationAborted() *awsapi.Error {
	return &awsapi.Error{Code: "OperationAborted", Status: http.StatusConflict,
		Message: "A conflicting conditional operation is currently in progress against this resource. Please try again."}
}

func alreadyOwned(name string) *awsapi.Error {
	return (&awsapi.Error{Code: "BucketAlreadyOwnedByYou", Status: http.StatusConflict,
		Message: "Your previous request to create the named bucket succeeded and you already own it."}).With("BucketName", name)
}

func invalidArgument(name, value, message string) *awsapi.Error {
	return awsapi.Errorf("InvalidArgument", "%s", message).With("ArgumentName", name).With("ArgumentValue", value)
}

func invalidRequest(message string) *awsapi.Error {
	return awsapi.Errorf("InvalidRequest", "%s", message)
}

func keyTooLong(size int) *awsapi.Error {
	return awsapi.Errorf("KeyTooLongError", "Your key is too long").With("Size", strconv.Itoa(size)).With("MaxSizeAllowed", strconv.Itoa(maxKey))
}

func preconditionFailed(condition string) *awsapi.Error {
	return (&awsapi.Error{Code: "PreconditionFailed", Message: "At least one of the pre-conditions you specified did not hold", Status: http.StatusPreconditionFailed}).
		With("Condition", condition)
}

func notModified(etag string, modified time.Time) *awsapi.Error {
	return &awsapi.Error{Code: "NotModified", Message: "Not Modified", Status: http.StatusNotModified,
		Header: []awsapi.Field{{Name: "ETag", Value: etag}, {Name: "Last-Modified", Value: modified.UTC().Format(http.TimeFormat)}}}
}

func invalidRange(asked string, size int64) *awsapi.Error {
	return (&awsapi.Error{Code: "InvalidRange", Message: "The requested range is not satisfiable", Status: http.StatusRequestedRangeNotSatisfiable,
		Header: []awsapi.Field{{Name: "Content-Range", Value: "bytes */" + strconv.FormatInt(size, 10)}}}).
		With("RangeRequested", asked).With("ActualObjectSize", strconv.FormatInt(size, 10))
}

func entityTooLarge() *awsapi.Error {
	return awsapi.Errorf("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size").With("MaxSizeAllowed", strconv.FormatInt(maxObject, 10))
}

func badDigest(what string) *awsapi.Error {
	return awsapi.Errorf("BadDigest", "The %s you specified did not match the calculated checksum.", what)
}

func noACLs() *awsapi.Error {
	return awsapi.Errorf("AccessControlListNotSupported", "The bucket does not allow ACLs")
}

func malformedXML() *awsapi.Error {
	return awsapi.Errorf("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
}
