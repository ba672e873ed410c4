package acceptance

import (
	"testing"

	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/app"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/authn"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
)

func TestApplications(t *testing.T) {
	home := freshInstance(t, "go-applications")
	api := home.ManagementService()
	other, _ := home.organization(t, "Elsewhere")
	shop := answered(api.AddProject(ctx, &management.AddProjectRequest{Name: "Shop"}))(t).Id
	read := func(t *testing.T, id string) *app.App {
		return answered(api.GetAppByID(ctx, &management.GetAppByIDRequest{ProjectId: shop, AppId: id}))(t).App
	}
	web := func(name string) *management.AddOIDCAppRequest {
		return &management.AddOIDCAppRequest{
			ProjectId: shop, Name: name, RedirectUris: []string{"https://shop.example.com"},
			ResponseTypes: []app.OIDCResponseType{app.OIDCResponseType_OIDC_RESPONSE_TYPE_CODE},
			GrantTypes:    []app.OIDCGrantType{app.OIDCGrantType_OIDC_GRANT_TYPE_AUTHORIZATION_CODE},
		}
	}

	t.Run("an OIDC application is made, read, changed and removed", func(t *testing.T) {
		made := answered(api.AddOIDCApp(ctx, web("Web")))(t)
		equal(t, len(made.ClientSecret), 64)
		equal(t, read(t, made.AppId).GetOidcConfig().ClientId, made.ClientId)
		update := func() error {
			_, err := api.UpdateOIDCAppConfig(ctx, &management.UpdateOIDCAppConfigRequest{
				ProjectId: shop, AppId: made.AppId, RedirectUris: []string{"https://other.example.com"}, DevMode: true,
			})
			return err
		}
		equal(t, update(), nil)
		same(t, read(t, made.AppId).GetOidcConfig().RedirectUris, []string{"https://other.example.com"})
		refused(t, precondition, "COMMAND-1m88i", update())
		answered(api.DeactivateApp(ctx, &management.DeactivateAppRequest{ProjectId: shop, AppId: made.AppId}))(t)
		equal(t, read(t, made.AppId).State, app.AppState_APP_STATE_INACTIVE)
		answered(api.ReactivateApp(ctx, &management.ReactivateAppRequest{ProjectId: shop, AppId: made.AppId}))(t)
		fresh := answered(api.RegenerateOIDCClientSecret(ctx, &management.RegenerateOIDCClientSecretRequest{ProjectId: shop, AppId: made.AppId}))(t)
		equal(t, fresh.ClientSecret != made.ClientSecret, true)
		answered(api.RemoveApp(ctx, &management.RemoveAppRequest{ProjectId: shop, AppId: made.AppId}))(t)
		_, err := api.RemoveApp(ctx, &management.RemoveAppRequest{ProjectId: shop, AppId: made.AppId})
		refused(t, notFound, "COMMAND-0po9s", err)
	})

	t.Run("an API application has keys", func(t *testing.T) {
		made := answered(api.AddAPIApp(ctx, &management.AddAPIAppRequest{
			ProjectId: shop, Name: "API", AuthMethodType: app.APIAuthMethodType_API_AUTH_METHOD_TYPE_PRIVATE_KEY_JWT,
		}))(t)
		equal(t, made.ClientSecret, "")
		key := answered(api.AddAppKey(ctx, &management.AddAppKeyRequest{ProjectId: shop, AppId: made.AppId, Type: authn.KeyType_KEY_TYPE_JSON}))(t)
		list := answered(api.ListAppKeys(ctx, &management.ListAppKeysRequest{ProjectId: shop, AppId: made.AppId}))(t).Result
		same(t, names(list, (*authn.Key).GetId), []string{key.Id})
		answered(api.RemoveAppKey(ctx, &management.RemoveAppKeyRequest{ProjectId: shop, AppId: made.AppId, KeyId: key.Id}))(t)
	})

	refusing := answered(api.AddOIDCApp(ctx, web("Refusals")))(t).AppId
	add := func(change func(*management.AddOIDCAppRequest)) func() error {
		request := web("Another")
		change(request)
		return failing(func() (*management.AddOIDCAppResponse, error) { return api.AddOIDCApp(ctx, request) })
	}
	refuses(t, []refusal{
		{"no name", invalid, "AddOIDCAppRequest.Name", add(func(r *management.AddOIDCAppRequest) { r.Name = "" })},
		{"a name that is taken", exists, "V3-DKcYh", add(func(r *management.AddOIDCAppRequest) { r.Name = "REFUSALS" })},
		{"an unknown project", precondition, "COMMAND-EbFMN", add(func(r *management.AddOIDCAppRequest) { r.ProjectId = unknown })},
		{"a response without its grant", invalid, "PROJECT-1n8df", add(func(r *management.AddOIDCAppRequest) {
			r.ResponseTypes = []app.OIDCResponseType{app.OIDCResponseType_OIDC_RESPONSE_TYPE_ID_TOKEN}
		})},
		{"the wrong kind", invalid, "COMMAND-Gnwt3", failing(func() (*management.UpdateAPIAppConfigResponse, error) {
			return api.UpdateAPIAppConfig(ctx, &management.UpdateAPIAppConfigRequest{ProjectId: shop, AppId: refusing, AuthMethodType: 1})
		})},
		{"a key for an application with a secret", precondition, "COMMAND-Dff54", failing(func() (*management.AddAppKeyResponse, error) {
			return api.AddAppKey(ctx, &management.AddAppKeyRequest{ProjectId: shop, AppId: refusing, Type: authn.KeyType_KEY_TYPE_JSON})
		})},
		{"an application of another organization", notFound, "COMMAND-0po9s", failing(func() (*management.RemoveAppResponse, error) {
			return api.RemoveApp(in(other), &management.RemoveAppRequest{ProjectId: shop, AppId: refusing})
		})},
	})
}
