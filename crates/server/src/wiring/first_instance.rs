//! The first start: creates the first instance where there is none, hands out its credentials, says so once.

use std::path::Path;
use std::sync::Arc;

use castellan_projects::instance_setup::{CreatedInstance, NewInstance, any_instance, create_instance};
use castellan_rpc::{Context, Environment, Instance};

use super::template;
use crate::config::{Engine, Secret, Settings};
use crate::failure::{Failure, Result};
use crate::first_start::{FirstStart, announce, announce_again, generate_password};

/// What to say once the server listens.
pub(super) enum Announcement {
    /// The first instance was created.
    First { login_name: Option<String>, generated_password: Option<Secret>, change_required: bool },
    /// Everything was in place.
    Again,
}

/// Creates the first instance unless there is one, or the configuration skips it.
pub(super) async fn ensure(env: &Arc<Environment>, settings: &Settings) -> Result<Announcement> {
    let first = &settings.first_instance;
    if first.skip || any_instance(&mut env.db.single_reads(None)).await? {
        return Ok(Announcement::Again);
    }
    if first.org.machine.is_set() && first.org.machine.machine_key.kind.is_some_and(|kind| kind != 1) {
        return Err(Failure::new("FirstInstance.Org.Machine.MachineKey.Type must be 1 (JSON)"));
    }
    let mut human = template::human_owner(&first.org.human);
    let generated = human
        .password
        .is_empty()
        .then(|| generate_password(&*env.rng, &settings.default_instance.password_complexity_policy));
    if let Some(password) = &generated {
        human.password = password.expose().to_owned();
    }
    let change_required = human.password_change_required;
    let new = NewInstance {
        name: first.instance_name.clone(),
        default_language: first.default_language.clone(),
        org_name: first.org.name.clone(),
        custom_domain: Some(settings.external_domain.clone()),
        trusted_domains: first.trusted_domains.clone(),
        human: Some(human),
        machine: template::machine_owner(&first.org.machine),
        login_client: template::login_client(&first.org.login_client),
    };
    // Several servers may start on one empty database: whoever loses runs again, and then finds the instance.
    let mut retry = castellan_db::Retry::new(&env.db);
    let created = loop {
        let mut ctx = Context::internal(Arc::clone(env), Arc::new(Instance::default()), "SYSTEM");
        let outcome: castellan_kernel::Result<Option<CreatedInstance>> = async {
            if any_instance(ctx.tx().await?).await? {
                return Ok(None);
            }
            let created = create_instance(&mut ctx, new.clone()).await?;
            ctx.commit().await?;
            Ok(Some(created))
        }
        .await;
        match outcome {
            Ok(created) => break created,
            Err(error) if error.is_conflict() => {
                if !retry.again().await {
                    return Err(error.into());
                }
            }
            Err(error) => return Err(error.into()),
        }
    };
    let Some(created) = created else { return Ok(Announcement::Again) };
    hand_out(&created, settings)?;
    Ok(Announcement::First { login_name: created.human_login_name, generated_password: generated, change_required })
}

/// Writes keys and tokens to their files, or to standard output where no file is named.
fn hand_out(created: &CreatedInstance, settings: &Settings) -> Result<()> {
    let first = &settings.first_instance;
    if let Some(machine) = &created.machine {
        if let Some(key) = &machine.key_file {
            write(first.machine_key_path.as_deref(), key)?;
        }
        if let Some(token) = &machine.token {
            write(first.pat_path.as_deref(), token.as_bytes())?;
        }
    }
    if let Some(token) = created.login_client.as_ref().and_then(|client| client.token.as_ref()) {
        write(first.login_client_pat_path.as_deref(), token.as_bytes())?;
    }
    Ok(())
}

fn write(path: Option<&Path>, content: &[u8]) -> Result<()> {
    let mut line = content.to_vec();
    line.push(b'\n');
    match path {
        None => {
            print!("{}", String::from_utf8_lossy(&line));
            Ok(())
        }
        Some(path) => std::fs::write(path, line)
            .map_err(|cause| Failure::new(format!("{} cannot be written", path.display())).because(cause)),
    }
}

impl Announcement {
    /// Says what there is, to people.
    pub(super) fn print(&self, settings: &Settings) -> Result<()> {
        let address = settings.external_base_url();
        let data = match settings.database.engine {
            Engine::Sqlite => settings.sqlite_path().display().to_string(),
            Engine::Postgres => "PostgreSQL".to_owned(),
        };
        let mut output = std::io::stdout().lock();
        let written = match self {
            Self::Again => announce_again(&mut output, &address),
            Self::First { login_name, generated_password, change_required } => announce(
                &mut output,
                &FirstStart {
                    address: &address,
                    login_name: login_name.as_deref(),
                    generated_password: generated_password.as_ref(),
                    change_required: *change_required,
                    data: &data,
                },
            ),
        };
        written.map_err(|cause| Failure::new("standard output cannot be written").because(cause))
    }
}
