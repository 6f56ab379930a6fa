//! Conversion of keys to speeds.
//!
//! A terminal reports key presses and, after a delay, repeats, but no releases. Therefore the
//! forward speed is kept, while the turning rate expires without repeats of its key.

use controller::Limits;
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use perception::Twist;

/// Number of steps from rest to full speed.
const STEPS: f64 = 10.0;
/// Time without a repeat after which a turn ends, s; longer than the repeat delay of keyboards.
const TURN_HOLD_S: f64 = 0.5;

/// Meaning of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Press {
    /// Increase the forward speed.
    Faster,
    /// Decrease the forward speed, below zero: reverse.
    Slower,
    /// Increase the turning rate to the left.
    Left,
    /// Increase the turning rate to the right.
    Right,
    /// Stop.
    Stop,
    /// Quit.
    Quit,
}

impl Press {
    /// The meaning of a key, if it has one.
    pub fn of(key: &KeyEvent) -> Option<Self> {
        if key.kind == KeyEventKind::Release {
            return None;
        }
        Some(match key.code {
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Self::Quit,
            KeyCode::Up | KeyCode::Char('w' | 'W') => Self::Faster,
            KeyCode::Down | KeyCode::Char('s' | 'S') => Self::Slower,
            KeyCode::Left | KeyCode::Char('a' | 'A') => Self::Left,
            KeyCode::Right | KeyCode::Char('d' | 'D') => Self::Right,
            KeyCode::Char(' ') => Self::Stop,
            KeyCode::Char('q' | 'Q') | KeyCode::Esc => Self::Quit,
            _ => return None,
        })
    }
}

/// Speeds commanded by the operator, within the robot's limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wheel {
    limits: Limits,
    wanted: Twist,
    since_turn_s: f64,
}

impl Wheel {
    /// Zero speeds.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            wanted: Twist::ZERO,
            since_turn_s: 0.0,
        }
    }

    /// The commanded speeds.
    pub fn wanted(&self) -> Twist {
        self.wanted
    }

    /// Processes a key.
    pub fn press(&mut self, press: Press) {
        let speed_step = self.limits.speed_max_mps / STEPS;
        let turn_step = 2.0 * self.limits.turn_rate_max_radps / STEPS;
        match press {
            Press::Faster => self.accelerate(speed_step),
            Press::Slower => self.accelerate(-speed_step),
            Press::Left => self.turn(turn_step),
            Press::Right => self.turn(-turn_step),
            Press::Stop | Press::Quit => self.wanted = Twist::ZERO,
        }
    }

    /// Advances the time.
    pub fn wait(&mut self, seconds: f64) {
        self.since_turn_s += seconds;
        if self.since_turn_s > TURN_HOLD_S {
            self.wanted.angular = 0.0;
        }
    }

    /// One step faster or slower; a step across zero stops at zero.
    fn accelerate(&mut self, step: f64) {
        let before = self.wanted.linear;
        let mut after = before + step;
        if before * after < 0.0 || after.abs() < 1e-9 {
            after = 0.0;
        }
        let slowest = -self.limits.reverse_speed_max_mps;
        self.wanted.linear = after.clamp(slowest, self.limits.speed_max_mps);
    }

    /// One step to a side; the first step against a turn ends it.
    fn turn(&mut self, step: f64) {
        let against = self.wanted.angular * step < 0.0;
        let most = self.limits.turn_rate_max_radps;
        self.wanted.angular = if against {
            0.0
        } else {
            (self.wanted.angular + step).clamp(-most, most)
        };
        self.since_turn_s = 0.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode) -> KeyEvent {
        KeyEvent::new(code, KeyModifiers::NONE)
    }

    #[test]
    fn keys_have_their_meaning() {
        let meanings = [
            (KeyCode::Up, Press::Faster),
            (KeyCode::Char('w'), Press::Faster),
            (KeyCode::Char('S'), Press::Slower),
            (KeyCode::Left, Press::Left),
            (KeyCode::Char('d'), Press::Right),
            (KeyCode::Char(' '), Press::Stop),
            (KeyCode::Char('q'), Press::Quit),
        ];
        for (code, press) in meanings {
            assert_eq!(Press::of(&key(code)), Some(press));
        }
        let interrupt = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(Press::of(&interrupt), Some(Press::Quit));
        assert_eq!(Press::of(&key(KeyCode::Char('z'))), None);
        let mut release = key(KeyCode::Up);
        release.kind = KeyEventKind::Release;
        assert_eq!(Press::of(&release), None);
    }

    #[test]
    fn speeds_stay_within_limits_and_rest_at_zero() {
        let limits = Limits::default();
        let mut wheel = Wheel::new(limits);
        for _ in 0..20 {
            wheel.press(Press::Faster);
            wheel.press(Press::Left);
        }
        assert_eq!(wheel.wanted(), Twist::new(1.0, 1.5));
        for _ in 0..10 {
            wheel.press(Press::Slower);
        }
        assert_eq!(wheel.wanted().linear, 0.0);
        for _ in 0..10 {
            wheel.press(Press::Slower);
            wheel.press(Press::Right);
        }
        assert_eq!(wheel.wanted(), Twist::new(-0.3, -1.5));
        wheel.press(Press::Stop);
        assert_eq!(wheel.wanted(), Twist::ZERO);
    }

    #[test]
    fn a_turn_fades_and_speed_stays() {
        let mut wheel = Wheel::new(Limits::default());
        wheel.press(Press::Faster);
        wheel.press(Press::Left);
        wheel.wait(0.4);
        assert!(wheel.wanted().angular > 0.0);
        wheel.press(Press::Left);
        wheel.wait(0.4);
        assert!(wheel.wanted().angular > 0.0);
        wheel.wait(0.4);
        assert_eq!(wheel.wanted().angular, 0.0);
        assert!(wheel.wanted().linear > 0.0);
    }
}
