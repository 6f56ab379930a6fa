//! Training over processes, under `mpirun` or a cluster's scheduler.

use mpi::collective::SystemOperation;
use mpi::environment::Universe;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator as _, CommunicatorCollectives as _};
use training::Ranks;

/// All processes that were started together.
pub struct World {
    world: SimpleCommunicator,
    buffer: Vec<f32>,
    figures: Vec<f64>,
    /// Ends MPI when dropped.
    _universe: Universe,
}

/// MPI refused to start, or was started before.
#[derive(Debug, thiserror::Error)]
#[error("MPI could not be started in this process")]
pub struct NoWorld;

impl World {
    /// Joins the others.
    pub fn join() -> Result<Self, NoWorld> {
        let universe = mpi::initialize().ok_or(NoWorld)?;
        Ok(Self {
            world: universe.world(),
            buffer: Vec::new(),
            figures: Vec::new(),
            _universe: universe,
        })
    }
}

impl Ranks for World {
    fn rank(&self) -> usize {
        self.world.rank() as usize
    }

    fn size(&self) -> usize {
        self.world.size() as usize
    }

    fn sum(&mut self, values: &mut [f32]) {
        self.buffer.resize(values.len(), 0.0);
        let into = &mut self.buffer[..];
        self.world
            .all_reduce_into(&values[..], into, SystemOperation::sum());
        values.copy_from_slice(&self.buffer);
    }

    fn sum_figures(&mut self, values: &mut [f64]) {
        self.figures.resize(values.len(), 0.0);
        let into = &mut self.figures[..];
        self.world
            .all_reduce_into(&values[..], into, SystemOperation::sum());
        values.copy_from_slice(&self.figures);
    }
}
