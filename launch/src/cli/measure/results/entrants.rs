//! Policies of a row of the report.

use runtime::say;
use std::path::Path;

use controller::performer::{Backend, Head};
use sha2::{Digest as _, Sha256};

use crate::results::{Entrant, POLICIES, Planned};
use runtime::cli::EXPLICIT;
use runtime::cli::{Blame as _, Fault};
use runtime::driver::{Driver, read_model_of};
use runtime::model_file::ModelFile;

/// A loaded model.
#[derive(Clone)]
struct Model {
    driver: Driver,
    digest: Vec<u8>,
    parameters: usize,
}

/// The models for all scenarios.
pub(super) struct Models {
    performer: Model,
    explicit: Option<Model>,
}

/// A policy, or the expert.
pub(super) struct Competitor {
    pub name: &'static str,
    pub driver: Option<Driver>,
    /// Its kind.
    pub entrant: Entrant,
    /// Hash of its model file; empty without a model.
    pub digest: Vec<u8>,
}

impl Models {
    /// Reads the models. The default of the explicit policy is the installed one; without it the
    /// policy is omitted, with a message.
    pub(super) fn read(
        performer: &Path,
        explicit: Option<&Path>,
        speaks: bool,
    ) -> anyhow::Result<Self> {
        let shipped = Path::new(EXPLICIT);
        let explicit = explicit.or_else(|| ModelFile::exists(shipped).then_some(shipped));
        if explicit.is_none() && speaks {
            say!(
                "left out: explicit, as no model {EXPLICIT} is installed and there is no --explicit"
            );
        }
        Ok(Self {
            performer: model(performer, Head::Cost)?,
            explicit: explicit.map(|path| model(path, Head::Path)).transpose()?,
        })
    }

    /// Number of parameters of the Performer.
    pub(super) fn parameters(&self) -> usize {
        self.performer.parameters
    }

    /// Policies of a row.
    pub(super) fn competitors(&self, planned: &Planned) -> anyhow::Result<Vec<Competitor>> {
        let mut competitors = Vec::new();
        for (name, entrant) in POLICIES {
            let model = match entrant {
                Entrant::Regular | Entrant::Expert => None,
                Entrant::Performer => Some(self.performer.clone()),
                Entrant::Explicit | Entrant::OwnModel => {
                    let found = if entrant == Entrant::Explicit {
                        self.explicit.clone()
                    } else {
                        self.own(planned)?
                    };
                    let Some(found) = found else { continue };
                    Some(found)
                }
            };
            let (driver, digest) = match model {
                Some(model) => (Some(model.driver), model.digest),
                None if entrant == Entrant::Regular => (Some(Driver::Regular), Vec::new()),
                None => (None, Vec::new()),
            };
            competitors.push(Competitor {
                name,
                driver,
                entrant,
                digest,
            });
        }
        Ok(competitors)
    }

    /// The model trained for a row, unless it is the one for all scenarios.
    fn own(&self, planned: &Planned) -> anyhow::Result<Option<Model>> {
        let name = Path::new(planned.model);
        if !ModelFile::exists(name) {
            return Ok(None);
        }
        let own = model(name, Head::Cost)?;
        Ok((own.digest != self.performer.digest).then_some(own))
    }
}

fn model(path: &Path, head: Head) -> anyhow::Result<Model> {
    let (bytes, weights) = read_model_of(path, head).blame(Fault::Input)?;
    let parameters = weights.config().parameters();
    Ok(Model {
        driver: Driver::learned(weights, Backend::best().blame(Fault::Usage)?),
        digest: Sha256::digest(&bytes).to_vec(),
        parameters,
    })
}
