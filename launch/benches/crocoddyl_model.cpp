// The optimal control benchmark as an action model of Crocoddyl, with Gauss-Newton Hessians.
#include <algorithm>
#include <cmath>
#include <ctime>
#include <memory>
#include <vector>

#include <crocoddyl/core/action-base.hpp>
#include <crocoddyl/core/optctrl/shooting.hpp>
#include <crocoddyl/core/solvers/box-fddp.hpp>
#include <crocoddyl/core/states/euclidean.hpp>

namespace {

using Eigen::Ref;
using Eigen::VectorXd;

// In the order in which solver_crocoddyl.py passes it.
struct Constants {
  double dt, u_min[2], u_max[2], v_min, v_max, omega_min, omega_max;
  double goal_xy, omega, a, alpha, goal_xy_end, theta_end, v_end, omega_end, obstacle, vel_bound;
  double margin, beta, radius, eps;
};

struct Instance {
  Constants constants;
  int circles;
  std::vector<double> data;  // goal x, y, theta, then x, y, radius of every circle
};

class Unicycle : public crocoddyl::ActionModelAbstract {
 public:
  EIGEN_MAKE_ALIGNED_OPERATOR_NEW
  using Data = crocoddyl::ActionDataAbstract;
  using Base = crocoddyl::ActionModelBase;

  // it is never cast to other scalars
  std::shared_ptr<Base> cloneAsDouble() const override { return std::make_shared<Unicycle>(*this); }
  std::shared_ptr<Base> cloneAsFloat() const override { return nullptr; }
#ifdef CROCODDYL_WITH_CODEGEN
  std::shared_ptr<Base> cloneAsADDouble() const override { return nullptr; }
#endif

  Unicycle(std::shared_ptr<Instance> instance, bool terminal)
      : crocoddyl::ActionModelAbstract(std::make_shared<crocoddyl::StateVector>(5), terminal ? 0 : 2, 1),
        instance_(instance),
        terminal_(terminal) {
    if (!terminal) {
      const Constants& c = instance->constants;
      set_u_lb(Eigen::Vector2d(c.u_min[0], c.u_min[1]));
      set_u_ub(Eigen::Vector2d(c.u_max[0], c.u_max[1]));
    }
  }

  void calc(const std::shared_ptr<Data>& data, const Ref<const VectorXd>& x,
            const Ref<const VectorXd>& u) override {
    const Constants& c = instance_->constants;
    data->xnext << x[0] + c.dt * x[3] * std::cos(x[2]), x[1] + c.dt * x[3] * std::sin(x[2]), x[2] + c.dt * x[4],
        x[3] + c.dt * u[0], x[4] + c.dt * u[1];
    const double dx = x[0] - goal(0), dy = x[1] - goal(1);
    data->cost = c.goal_xy * (dx * dx + dy * dy) + c.omega * x[4] * x[4] + c.a * u[0] * u[0] +
                 c.alpha * u[1] * u[1] + of_state<false>(x, *data);
  }

  void calc(const std::shared_ptr<Data>& data, const Ref<const VectorXd>& x) override {
    const Constants& c = instance_->constants;
    data->xnext = x;
    const double dx = x[0] - goal(0), dy = x[1] - goal(1);
    data->cost = c.goal_xy_end * (dx * dx + dy * dy) + c.theta_end * 2 * (1 - std::cos(x[2] - goal(2))) +
                 c.v_end * x[3] * x[3] + c.omega_end * x[4] * x[4] + of_state<false>(x, *data);
  }

  void calcDiff(const std::shared_ptr<Data>& data, const Ref<const VectorXd>& x,
                const Ref<const VectorXd>& u) override {
    const Constants& c = instance_->constants;
    const double cosine = std::cos(x[2]), sine = std::sin(x[2]);
    data->Fx.setIdentity();
    data->Fx(0, 2) = -c.dt * x[3] * sine;
    data->Fx(0, 3) = c.dt * cosine;
    data->Fx(1, 2) = c.dt * x[3] * cosine;
    data->Fx(1, 3) = c.dt * sine;
    data->Fx(2, 4) = c.dt;
    data->Fu.setZero();
    data->Fu(3, 0) = data->Fu(4, 1) = c.dt;
    data->Lu << 2 * c.a * u[0], 2 * c.alpha * u[1];
    data->Luu.diagonal() << 2 * c.a, 2 * c.alpha;
    data->Lx << 2 * c.goal_xy * (x[0] - goal(0)), 2 * c.goal_xy * (x[1] - goal(1)), 0, 0, 2 * c.omega * x[4];
    data->Lxx.setZero();
    data->Lxx.diagonal() << 2 * c.goal_xy, 2 * c.goal_xy, 0, 0, 2 * c.omega;
    of_state<true>(x, *data);
  }

  void calcDiff(const std::shared_ptr<Data>& data, const Ref<const VectorXd>& x) override {
    const Constants& c = instance_->constants;
    data->Lx << 2 * c.goal_xy_end * (x[0] - goal(0)), 2 * c.goal_xy_end * (x[1] - goal(1)),
        2 * c.theta_end * std::sin(x[2] - goal(2)), 2 * c.v_end * x[3], 2 * c.omega_end * x[4];
    data->Lxx.setZero();
    data->Lxx.diagonal() << 2 * c.goal_xy_end, 2 * c.goal_xy_end, 2 * c.theta_end, 2 * c.v_end, 2 * c.omega_end;
    of_state<true>(x, *data);
  }

 private:
  double goal(int i) const { return instance_->data[i]; }

  // Cost of circles and velocity bounds; or adds their derivatives.
  template <bool DERIVATIVES, typename X>
  double of_state(const X& x, Data& data) const {
    const Constants& c = instance_->constants;
    double cost = 0;
    for (int j = 0; j < instance_->circles; ++j) {
      const double* circle = &instance_->data[3 + 3 * j];
      const double dx = x[0] - circle[0], dy = x[1] - circle[1];
      const double distance = std::sqrt(dx * dx + dy * dy + c.eps);
      const double z = c.beta * (c.margin - (distance - circle[2] - c.radius));
      const double e = std::exp(-std::abs(z));
      const double s = (std::max(z, 0.0) + std::log1p(e)) / c.beta;
      if (DERIVATIVES) {
        const double slope = -(z > 0 ? 1 / (1 + e) : e / (1 + e));  // of s by the distance
        const double nx = dx / distance, ny = dy / distance;
        const double first = 2 * c.obstacle * s * slope, second = 2 * c.obstacle * slope * slope;
        data.Lx[0] += first * nx;
        data.Lx[1] += first * ny;
        data.Lxx(0, 0) += second * nx * nx;
        data.Lxx(0, 1) += second * nx * ny;
        data.Lxx(1, 0) += second * nx * ny;
        data.Lxx(1, 1) += second * ny * ny;
      } else {
        cost += c.obstacle * s * s;
      }
    }
    const double low[2] = {c.v_min, c.omega_min}, high[2] = {c.v_max, c.omega_max};
    for (int i = 0; i < 2; ++i) {
      const double value = x[3 + i];
      const double beyond = value > high[i] ? value - high[i] : value < low[i] ? value - low[i] : 0;
      if (DERIVATIVES && beyond != 0) {
        data.Lx[3 + i] += 2 * c.vel_bound * beyond;
        data.Lxx(3 + i, 3 + i) += 2 * c.vel_bound;
      }
      cost += c.vel_bound * beyond * beyond;
    }
    return cost;
  }

  std::shared_ptr<Instance> instance_;
  bool terminal_;
};

struct Handle {
  std::shared_ptr<Instance> instance;
  std::shared_ptr<crocoddyl::ShootingProblem> problem;
  std::unique_ptr<crocoddyl::SolverBoxFDDP> solver;
  int horizon;
};

}  // namespace

extern "C" void* create(int horizon, int circles, const double* values) {
  auto instance = std::make_shared<Instance>();
  std::copy_n(values, sizeof(Constants) / sizeof(double), reinterpret_cast<double*>(&instance->constants));
  instance->circles = circles;
  instance->data.resize(3 + 3 * circles);
  auto stage = std::make_shared<Unicycle>(instance, false);
  auto last = std::make_shared<Unicycle>(instance, true);
  std::vector<std::shared_ptr<crocoddyl::ActionModelAbstract>> stages(horizon, stage);
  auto problem = std::make_shared<crocoddyl::ShootingProblem>(VectorXd::Zero(5), stages, last);
  problem->set_nthreads(1);
  auto* handle = new Handle{instance, problem, std::make_unique<crocoddyl::SolverBoxFDDP>(problem), horizon};
  return handle;
}

// Processor time, ms.
static double processor_ms() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return 1e3 * now.tv_sec + 1e-6 * now.tv_nsec;
}

// Replaces the controls by those found; the processor time in ms.
extern "C" double solve(void* opaque, const double* data, const double* x0, int iterations_max, double* controls) {
  auto& handle = *static_cast<Handle*>(opaque);
  std::copy_n(data, handle.instance->data.size(), handle.instance->data.begin());
  std::vector<VectorXd> us;
  for (int k = 0; k < handle.horizon; ++k) us.emplace_back(Eigen::Vector2d(controls[2 * k], controls[2 * k + 1]));
  const double begun = processor_ms();
  handle.problem->set_x0(Eigen::Map<const VectorXd>(x0, 5));
  std::vector<VectorXd> xs = handle.problem->rollout_us(us);
  handle.solver->solve(xs, us, iterations_max, true);
  const double ms = processor_ms() - begun;
  const auto& found = handle.solver->get_us();
  for (int k = 0; k < handle.horizon; ++k) {
    controls[2 * k] = found[k][0];
    controls[2 * k + 1] = found[k][1];
  }
  return ms;
}
