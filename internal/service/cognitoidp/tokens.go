package cognitoidp

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidp"
	"github.com/bawn-dev/bawn/token"
)

// apiScope is the scope of tokens from API sign-ins, and what the operations
// with an access token ask for.
const apiScope = "aws.cognito.signin.user.admin"

// grant is what tokens are made from: the state read for a sign-in or refresh.
type grant struct {
	pool   *poolRecord
	client *clientRecord
	user   *userRecord
	groups []groupRecord
	keys   *token.KeySet
	// refresh is the refresh token that belongs to the grant.
	refresh token.Refresh
	// renew says that a refresh token is given out.
	renew bool
}

// newGrant starts a family: the tokens of one sign-in.
func (s *Service) newGrant(pool *poolRecord, client *clientRecord, user *userRecord, groups []groupRecord, keys *token.KeySet) *grant {
	now := s.now()
	return &grant{
		pool: pool, client: client, user: user, groups: groups, keys: keys, renew: true,
		refresh: token.Refresh{
			Username: user.Username, Subject: user.Sub, ClientID: client.ID, Family: s.ids.UUID(), Epoch: user.Epoch,
			AuthTime: now.Unix(), Issued: now.Unix(), Expires: now.Add(client.Settings.refreshLife()).Unix(),
		},
	}
}

// tokens signs the ID and access tokens of a grant: two signatures, so call it
// in a slot of the processor pool.
func (s *Service) tokens(g *grant) (*shape.AuthenticationResultType, error) {
	now := s.now()
	event := eventID(s.ids.Bytes(16), g.user.Epoch)
	common := func(use token.Use, life time.Duration) map[string]any {
		c := map[string]any{
			"sub": g.user.Sub, "iss": s.Issuer(g.pool.ID), "token_use": string(use), "event_id": event,
			"auth_time": g.refresh.AuthTime, "iat": now.Unix(), "exp": now.Add(life).Unix(), "jti": s.ids.UUID(),
		}
		if g.client.Settings.Revocation {
			c["origin_jti"] = g.refresh.Family
		} else {
			delete(c, "jti")
		}
		if len(g.groups) > 0 {
			c["cognito:groups"] = groupNames(g.groups)
		}
		return c
	}
	access := common(token.Access, g.client.Settings.accessLife())
	access["client_id"], access["username"], access["scope"] = g.client.ID, g.user.Username, apiScope
	id := common(token.ID, g.client.Settings.idLife())
	id["aud"], id["cognito:username"] = g.client.ID, g.user.Username
	g.addRoles(id)
	g.addAttributes(id)

	out := &shape.AuthenticationResultType{TokenType: some("Bearer"), ExpiresIn: some(int32(g.client.Settings.accessLife() / time.Second))}
	for _, t := range []struct {
		use    token.Use
		claims map[string]any
		to     **string
	}{{token.ID, id, &out.IdToken}, {token.Access, access, &out.AccessToken}} {
		raw, err := g.keys.Signing(t.use, now).Sign(t.claims)
		if err != nil {
			return nil, err
		}
		*t.to = some(raw)
	}
	if g.renew {
		raw, err := token.SealRefresh(s.sealer("refresh"), g.pool.ID, &g.refresh)
		if err != nil {
			return nil, err
		}
		out.RefreshToken = some(raw)
	}
	return out, nil
}

// addRoles adds cognito:roles and the role of the group with the lowest
// precedence value, unless two such groups differ.
func (g *grant) addRoles(claims map[string]any) {
	var roles []string
	preferred, unique := "", true
	var lowest *int32
	for i := range g.groups {
		r := &g.groups[i]
		if r.RoleARN == "" {
			continue
		}
		if !slices.Contains(roles, r.RoleARN) {
			roles = append(roles, r.RoleARN)
		}
		switch {
		case preferred == "", r.Precedence != nil && (lowest == nil || *r.Precedence < *lowest):
			preferred, lowest, unique = r.RoleARN, r.Precedence, true
		case r.Precedence != nil && lowest != nil && *r.Precedence == *lowest, r.Precedence == nil && lowest == nil:
			unique = unique && preferred == r.RoleARN
		}
	}
	if len(roles) > 0 {
		claims["cognito:roles"] = roles
	}
	if preferred != "" && unique {
		claims["cognito:preferred_role"] = preferred
	}
}

// addAttributes adds the attributes the client may read. Booleans and times of
// the standard are typed, custom values are always strings; the address is an
// object (OpenID Connect Core, 5.1.1).
func (g *grant) addAttributes(claims map[string]any) {
	for name, v := range g.user.Attributes {
		if name == "sub" || !g.client.Settings.readable(name) {
			continue
		}
		switch name {
		case "email_verified", "phone_number_verified":
			claims[name] = v == "true"
		case "updated_at":
			if n, err := strconv.ParseInt(v, 10, 64); err == nil {
				claims[name] = n
			} else {
				claims[name] = v
			}
		case "address":
			claims[name] = address(v)
		default:
			claims[name] = v
		}
	}
}

func address(v string) any {
	if strings.HasPrefix(v, "{") && json.Valid([]byte(v)) {
		return json.RawMessage(v)
	}
	return map[string]string{"formatted": v}
}

func groupNames(groups []groupRecord) []string {
	names := make([]string, len(groups))
	for i := range groups {
		names[i] = groups[i].Name
	}
	return names
}

// eventID makes the event_id of a sign-in: a random UUID that carries the
// user's sign-out count, so that GlobalSignOut is exact to the token and not
// to the second. The count is its first four bytes, masked by four random
// ones.
func eventID(random []byte, epoch uint32) string {
	binary.BigEndian.PutUint32(random, epoch^binary.BigEndian.Uint32(random[9:13]))
	return uuidOf(random)
}

// eventEpoch reads the sign-out count from an event_id.
func eventEpoch(event string) (uint32, bool) {
	b, err := hex.DecodeString(strings.ReplaceAll(event, "-", ""))
	if err != nil || len(b) != 16 {
		return 0, false
	}
	return binary.BigEndian.Uint32(b) ^ binary.BigEndian.Uint32(b[9:13]), true
}
