package cognitoidp

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/ids"
	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidp"
	"github.com/bawn-dev/bawn/internal/store"
)

const (
	clientIDLength     = 26
	clientSecretLength = 51
)

// CreateUserPoolClient makes an app client, with a secret if asked for.
func (s *Service) CreateUserPoolClient(ctx context.Context, _ *awsapi.Call, in *shape.CreateUserPoolClientInput) (*shape.CreateUserPoolClientOutput, error) {
	secret := text(in.ClientSecret)
	if value(in.GenerateSecret) {
		if secret != "" {
			return nil, invalidParameter("GenerateSecret and ClientSecret cannot be used together.")
		}
		secret = s.ids.String(clientSecretLength, ids.LowerAlnum)
	}
	now := s.now()
	client := &clientRecord{
		ID: s.ids.String(clientIDLength, ids.LowerAlnum), PoolID: text(in.UserPoolId), Name: text(in.ClientName), Created: now, Modified: now,
	}
	if secret != "" {
		client.Secret = s.sealer("client").Seal([]byte(secret), []byte(client.ID))
	}
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		pool, err := s.pool(tx, client.PoolID)
		if err != nil {
			return err
		}
		settings, err := clientSettingsOf("CreateUserPoolClient", pool, &shape.UpdateUserPoolClientInput{
			RefreshTokenValidity: in.RefreshTokenValidity, AccessTokenValidity: in.AccessTokenValidity, IdTokenValidity: in.IdTokenValidity,
			TokenValidityUnits: in.TokenValidityUnits, ReadAttributes: in.ReadAttributes, WriteAttributes: in.WriteAttributes,
			ExplicitAuthFlows: in.ExplicitAuthFlows, SupportedIdentityProviders: in.SupportedIdentityProviders,
			CallbackURLs: in.CallbackURLs, LogoutURLs: in.LogoutURLs, DefaultRedirectURI: in.DefaultRedirectURI,
			AllowedOAuthFlows: in.AllowedOAuthFlows, AllowedOAuthScopes: in.AllowedOAuthScopes,
			AllowedOAuthFlowsUserPoolClient: in.AllowedOAuthFlowsUserPoolClient, AnalyticsConfiguration: in.AnalyticsConfiguration,
			PreventUserExistenceErrors: in.PreventUserExistenceErrors, EnableTokenRevocation: in.EnableTokenRevocation,
			EnablePropagateAdditionalUserContextData: in.EnablePropagateAdditionalUserContextData,
			AuthSessionValidity:                      in.AuthSessionValidity, RefreshTokenRotation: in.RefreshTokenRotation,
		})
		if err != nil {
			return err
		}
		client.Settings = *settings
		tx.Put(s.poolClientKey(client.PoolID, client.ID), nil)
		return store.PutJSON(tx, s.clientKey(client.ID), client)
	})
	if err != nil {
		return nil, err
	}
	return &shape.CreateUserPoolClientOutput{UserPoolClient: client.describe(secret)}, nil
}

// client reads an app client; one of another pool does not exist. poolID may
// be "" for the operations that name no pool. The record is shared and must
// not be changed.
func (s *Service) client(tx *store.Tx, poolID, id string) (*clientRecord, error) {
	c, err := s.clients.get(tx, s.clientKey(id))
	if err != nil {
		return nil, err
	}
	if c == nil || (poolID != "" && c.PoolID != poolID) {
		return nil, clientNotFound(id)
	}
	return c, nil
}

// clientAndPool reads a client and its pool.
func (s *Service) clientAndPool(tx *store.Tx, poolID, id string) (*clientRecord, *poolRecord, error) {
	if poolID != "" {
		if _, err := s.pool(tx, poolID); err != nil {
			return nil, nil, err
		}
	}
	c, err := s.client(tx, poolID, id)
	if err != nil {
		return nil, nil, err
	}
	pool, err := s.pool(tx, c.PoolID)
	return c, pool, err
}

func (s *Service) secretOf(c *clientRecord) (string, error) {
	if c.Secret == nil {
		return "", nil
	}
	secret, err := s.sealer("client").Open(c.Secret, []byte(c.ID))
	if err != nil {
		return "", fmt.Errorf("open the secret of client %s: %w", c.ID, err)
	}
	return string(secret), nil
}

// DescribeUserPoolClient shows an app client with its secret.
func (s *Service) DescribeUserPoolClient(ctx context.Context, _ *awsapi.Call, in *shape.DescribeUserPoolClientInput) (*shape.DescribeUserPoolClientOutput, error) {
	out := &shape.DescribeUserPoolClientOutput{}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		c, _, err := s.clientAndPool(tx, text(in.UserPoolId), text(in.ClientId))
		if err != nil {
			return err
		}
		secret, err := s.secretOf(c)
		out.UserPoolClient = c.describe(secret)
		return err
	})
	return out, err
}

// UpdateUserPoolClient replaces a client's settings; what is absent is reset,
// but for the name.
func (s *Service) UpdateUserPoolClient(ctx context.Context, _ *awsapi.Call, in *shape.UpdateUserPoolClientInput) (*shape.UpdateUserPoolClientOutput, error) {
	out := &shape.UpdateUserPoolClientOutput{}
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		c, pool, err := s.clientAndPool(tx, text(in.UserPoolId), text(in.ClientId))
		if err != nil {
			return err
		}
		settings, err := clientSettingsOf("UpdateUserPoolClient", pool, in)
		if err != nil {
			return err
		}
		c = some(*c) // the one that was read is shared
		c.Settings, c.Modified = *settings, s.now()
		if in.ClientName != nil {
			c.Name = *in.ClientName
		}
		secret, err := s.secretOf(c)
		if err != nil {
			return err
		}
		out.UserPoolClient = c.describe(secret)
		return store.PutJSON(tx, s.clientKey(c.ID), c)
	})
	return out, err
}

// DeleteUserPoolClient removes an app client; its refresh tokens die with it.
func (s *Service) DeleteUserPoolClient(ctx context.Context, _ *awsapi.Call, in *shape.DeleteUserPoolClientInput) (*shape.DeleteUserPoolClientOutput, error) {
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		c, _, err := s.clientAndPool(tx, text(in.UserPoolId), text(in.ClientId))
		if err != nil {
			return err
		}
		tx.Delete(s.clientKey(c.ID))
		tx.Delete(s.poolClientKey(c.PoolID, c.ID))
		return nil
	})
	return &shape.DeleteUserPoolClientOutput{}, err
}

// ListUserPoolClients lists a pool's clients by id.
func (s *Service) ListUserPoolClients(ctx context.Context, _ *awsapi.Call, in *shape.ListUserPoolClientsInput) (*shape.ListUserPoolClientsOutput, error) {
	pool := text(in.UserPoolId)
	out := &shape.ListUserPoolClientsOutput{UserPoolClients: []shape.UserPoolClientDescription{}}
	if err := s.poolExists(ctx, pool); err != nil {
		return nil, err
	}
	next, err := pageKeys(ctx, s, s.within(pool, "client"), "clients", text(in.NextToken), int(value(in.MaxResults)), func(tx *store.Tx, id string, _ []byte) (bool, error) {
		c, err := s.client(tx, pool, id)
		if err != nil {
			return false, err
		}
		out.UserPoolClients = append(out.UserPoolClients, shape.UserPoolClientDescription{
			ClientId: some(c.ID), UserPoolId: some(c.PoolID), ClientName: some(c.Name),
		})
		return true, nil
	})
	out.NextToken = textOrNil(next)
	return out, err
}

func (s *Service) poolExists(ctx context.Context, id string) error {
	return s.db.View(ctx, func(tx *store.Tx) error {
		_, err := s.pool(tx, id)
		return err
	})
}

func (c *clientRecord) describe(secret string) *shape.UserPoolClientType {
	s := &c.Settings
	out := &shape.UserPoolClientType{
		UserPoolId: some(c.PoolID), ClientName: some(c.Name), ClientId: some(c.ID), ClientSecret: textOrNil(secret),
		CreationDate: some(c.Created), LastModifiedDate: some(c.Modified),
		RefreshTokenValidity: some(s.RefreshValidity), ReadAttributes: s.Read, WriteAttributes: s.Write,
		ExplicitAuthFlows: s.Flows, SupportedIdentityProviders: s.Providers, CallbackURLs: s.CallbackURLs, LogoutURLs: s.LogoutURLs,
		DefaultRedirectURI: textOrNil(s.DefaultRedirect), AllowedOAuthFlows: s.OAuthFlows, AllowedOAuthScopes: s.OAuthScopes,
		AllowedOAuthFlowsUserPoolClient: some(s.OAuthEnabled), EnableTokenRevocation: some(s.Revocation),
		EnablePropagateAdditionalUserContextData: some(false), AuthSessionValidity: some(s.SessionMinutes),
	}
	if s.AccessValidity != 0 {
		out.AccessTokenValidity = some(s.AccessValidity)
	}
	if s.IDValidity != 0 {
		out.IdTokenValidity = some(s.IDValidity)
	}
	if s.AccessUnit != "" || s.IDUnit != "" || s.RefreshUnit != "" {
		out.TokenValidityUnits = &shape.TokenValidityUnitsType{
			AccessToken: textOrNil(s.AccessUnit), IdToken: textOrNil(s.IDUnit), RefreshToken: textOrNil(s.RefreshUnit),
		}
	}
	if s.HideGiven {
		out.PreventUserExistenceErrors = some("LEGACY")
		if s.HideExistence {
			out.PreventUserExistenceErrors = some("ENABLED")
		}
	}
	if s.RotationGiven {
		out.RefreshTokenRotation = &shape.RefreshTokenRotationType{Feature: some("DISABLED"), RetryGracePeriodSeconds: some(s.GraceSeconds)}
		if s.Rotation {
			out.RefreshTokenRotation.Feature = some("ENABLED")
		}
	}
	return out
}

// checkSecretHash checks SECRET_HASH: base64 of HMAC-SHA256 under the client
// secret of user name and client id, for any of the given names. A client
// without a secret must not be sent one, a client with a secret must.
func (s *Service) checkSecretHash(c *clientRecord, hash string, names ...string) error {
	if c.Secret == nil {
		if hash != "" {
			return notAuthorized("Client " + c.ID + " is not configured for secret but secret was received")
		}
		return nil
	}
	if hash == "" {
		return notAuthorized("Client " + c.ID + " is configured for secret but secret was not received")
	}
	secret, err := s.secretOf(c)
	if err != nil {
		return err
	}
	match := 0
	for _, name := range names {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(name + c.ID))
		match |= subtle.ConstantTimeCompare([]byte(hash), []byte(base64.StdEncoding.EncodeToString(mac.Sum(nil))))
	}
	if match != 1 {
		return notAuthorized("Unable to verify secret hash for client " + c.ID)
	}
	return nil
}

// checkSecret checks a ClientSecret that was sent itself.
func (s *Service) checkSecret(c *clientRecord, given string) error {
	secret, err := s.secretOf(c)
	if err != nil {
		return err
	}
	if c.Secret == nil && given == "" {
		return nil
	}
	if c.Secret == nil || subtle.ConstantTimeCompare([]byte(given), []byte(secret)) != 1 {
		if given == "" {
			return notAuthorized("Client " + c.ID + " is configured for secret but secret was not received")
		}
		return notAuthorized("Invalid client secret for client " + c.ID)
	}
	return nil
}
