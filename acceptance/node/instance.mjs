// An instance of one's own, made through the System API, and clients that speak to it: what every suite in resources/ starts with.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { Http2SessionManager } from "@connectrpc/connect-node";
import { createClientFor } from "@zitadel/client";
import { createServerTransport, newSystemToken } from "@zitadel/client/node";
import {
  createAdminServiceClient,
  createAuthServiceClient,
  createManagementServiceClient,
  createSystemServiceClient,
} from "@zitadel/client/v1";
import {
  createFeatureServiceClient,
  createOrganizationServiceClient,
  createSettingsServiceClient,
  createUserServiceClient,
} from "@zitadel/client/v2";
import { AppService } from "@zitadel/proto/zitadel/app/v2beta/app_service_pb.js";
import { AuthorizationService } from "@zitadel/proto/zitadel/authorization/v2beta/authorization_service_pb.js";
import { InstanceService } from "@zitadel/proto/zitadel/instance/v2beta/instance_service_pb.js";
import { InternalPermissionService } from "@zitadel/proto/zitadel/internal_permission/v2beta/internal_permission_service_pb.js";
import { OrganizationService } from "@zitadel/proto/zitadel/org/v2beta/org_service_pb.js";
import { ProjectService } from "@zitadel/proto/zitadel/project/v2beta/project_service_pb.js";
import { WebKeyService } from "@zitadel/proto/zitadel/webkey/v2/webkey_service_pb.js";
import { baseUrl } from "./setup.mjs";

assert.ok(process.env.SYSTEM_KEY, "run this with acceptance/lib/with-server, which makes a system user");

// All clients share one connection.
const sessionManager = new Http2SessionManager(baseUrl);
const systemToken = await newSystemToken({
  audience: baseUrl,
  subject: "superuser",
  key: readFileSync(process.env.SYSTEM_KEY, "utf8"),
});

/** The clients of all services, calling with this token and these headers. */
export function clients(token, headers = {}) {
  const addHeaders = (next) => (request) => {
    for (const [name, value] of Object.entries(headers)) request.header.set(name, value);
    return next(request);
  };
  const transport = createServerTransport(token, { baseUrl, sessionManager, interceptors: [addHeaders] });
  return {
    admin: createAdminServiceClient(transport),
    apps: createClientFor(AppService)(transport),
    auth: createAuthServiceClient(transport),
    authorizations: createClientFor(AuthorizationService)(transport),
    features: createFeatureServiceClient(transport),
    instances: createClientFor(InstanceService)(transport),
    management: createManagementServiceClient(transport),
    organizations: createOrganizationServiceClient(transport),
    organizationsBeta: createClientFor(OrganizationService)(transport),
    permissions: createClientFor(InternalPermissionService)(transport),
    projects: createClientFor(ProjectService)(transport),
    settings: createSettingsServiceClient(transport),
    system: createSystemServiceClient(transport),
    users: createUserServiceClient(transport),
    webKeys: createClientFor(WebKeyService)(transport),
  };
}

/** The clients of the system user. */
export const systemUser = clients(systemToken);

/** A domain that no other instance has. */
export const freshDomain = (name) => `${name}-${randomBytes(6).toString("hex")}.localhost`;

/** A new instance. Its owner, a service user, has the roles IAM_OWNER and ORG_OWNER. */
export async function freshInstance(name) {
  const domain = freshDomain(name);
  const owner = { userName: "owner", name: "Owner", personalAccessToken: {} };
  const { instanceId, pat } = await systemUser.system.createInstance({
    instanceName: name,
    firstOrgName: "Home",
    customDomain: domain,
    owner: { case: "machine", value: owner },
  });
  return new Instance(instanceId, domain, pat).load();
}

/** An instance and what the suites do with it. */
export class Instance {
  constructor(id, domain, token) {
    Object.assign(this, { id, domain, token, owner: this.#clients(domain, token) });
  }

  #clients(domain, token, orgId) {
    const context = orgId ? { "x-zitadel-orgid": orgId } : {};
    return clients(token, { "x-zitadel-instance-host": domain, ...context });
  }

  async load() {
    this.orgId = (await this.owner.management.getMyOrg({})).org.id;
    this.ownerId = (await this.owner.auth.getMyUser({})).user.id;
    return this;
  }

  /** Clients that call with another token, or in the context of another organization. */
  as(token, orgId) {
    return this.#clients(this.domain, token, orgId);
  }

  /** The owner's clients in the context of another organization. */
  in(orgId) {
    return this.as(this.token, orgId);
  }

  /** A service user with these roles in an organization, and its clients. */
  async member(orgId, userName, roles = ["ORG_OWNER"]) {
    const { management } = this.in(orgId);
    const { userId } = await management.addMachineUser({ userName, name: userName });
    if (roles.length > 0) await management.addOrgMember({ userId, roles });
    const { token } = await management.addPersonalAccessToken({ userId });
    return { userId, token, ...this.as(token) };
  }

  /** Another organization with an owner of its own, who has no rights anywhere else. */
  async organization(name) {
    const { organizationId } = await this.owner.organizations.addOrganization({ name, admins: [] });
    const owner = await this.member(organizationId, `owner-of-${organizationId}`);
    return { id: organizationId, name, owner };
  }
}

/** An id that nothing has. */
export const unknownId = "1";
