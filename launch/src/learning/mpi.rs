//! Processes of a job under `mpirun` or a cluster's scheduler (MPI).

use mpi::Threading;
use mpi::collective::SystemOperation;
use mpi::datatype::PartitionMut;
use mpi::environment::Universe;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator as _, Equivalence, Root as _};
use training::Ranks;

/// The process that writes.
const FIRST: i32 = 0;

/// All processes of the job.
pub struct World {
    all: SimpleCommunicator,
    buffer: Vec<f32>,
    figures: Vec<f64>,
    /// Ends MPI when dropped.
    _universe: Universe,
}

/// MPI failed to start, or was already started.
#[derive(Debug, thiserror::Error)]
#[error("MPI could not be started in this process")]
pub struct NoWorld;

impl World {
    /// Joins the others.
    pub fn join() -> Result<Self, NoWorld> {
        // only the thread that initialised MPI calls it; other threads compute
        let (universe, _) = mpi::initialize_with_threading(Threading::Funneled).ok_or(NoWorld)?;
        Ok(Self {
            all: universe.world(),
            buffer: Vec::new(),
            figures: Vec::new(),
            _universe: universe,
        })
    }

    /// Aborts all processes, which would otherwise wait for this one forever.
    pub fn abort(&self, code: u8) -> ! {
        self.all.abort(i32::from(code))
    }
}

/// Reduces to the first process and broadcasts the sum: MPI does not guarantee that the result of
/// an all-reduce is identical in all processes.
fn sum<T: Equivalence + Copy + Default>(
    world: &SimpleCommunicator,
    values: &mut [T],
    buffer: &mut Vec<T>,
) {
    let first = world.process_at_rank(FIRST);
    if world.rank() == FIRST {
        buffer.resize(values.len(), T::default());
        first.reduce_into_root(values, &mut buffer[..], SystemOperation::sum());
        values.copy_from_slice(buffer);
    } else {
        first.reduce_into(values, SystemOperation::sum());
    }
    first.broadcast_into(values);
}

impl Ranks for World {
    fn rank(&self) -> usize {
        self.all.rank() as usize
    }

    fn size(&self) -> usize {
        self.all.size() as usize
    }

    fn sum(&mut self, values: &mut [f32]) {
        sum(&self.all, values, &mut self.buffer);
    }

    fn sum_figures(&mut self, values: &mut [f64]) {
        sum(&self.all, values, &mut self.figures);
    }

    fn gather(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let first = self.all.process_at_rank(FIRST);
        let len = bytes.len() as i32;
        if self.all.rank() != FIRST {
            first.gather_into(&len);
            first.gather_varcount_into(bytes);
            return Vec::new();
        }
        let mut lens = vec![0_i32; self.size()];
        first.gather_into_root(&len, &mut lens[..]);
        let starts: Vec<i32> = lens
            .iter()
            .scan(0, |end, len| Some(std::mem::replace(end, *end + len)))
            .collect();
        let mut told = vec![0_u8; lens.iter().sum::<i32>() as usize];
        let mut parts = PartitionMut::new(&mut told[..], lens.clone(), &starts[..]);
        first.gather_varcount_into_root(bytes, &mut parts);
        let mut rest = &told[..];
        lens.iter()
            .map(|&len| {
                let (part, after) = rest.split_at(len as usize);
                rest = after;
                part.to_vec()
            })
            .collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // finalising MPI waits for all processes, which wait for the work of this one
        if std::thread::panicking() && self.size() > 1 {
            self.abort(101);
        }
    }
}
