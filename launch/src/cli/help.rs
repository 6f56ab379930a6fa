//! Help of the program, with commands grouped by purpose.

use std::fmt::Write as _;

use clap::{Command, CommandFactory as _};

use super::{Arguments, Command as Current, Typed};

/// Commands by purpose, in the order of the help.
const GROUPS: [(&str, &[&str]); 5] = [
    ("Try it in simulation", &["drive", "compare"]),
    (
        "Measure",
        &["evaluate", "report", "faults", "soak", "brake-test"],
    ),
    ("Learn", &["demonstrate", "train", "model"]),
    ("On the robot", &["serve", "replay", "map", "config"]),
    ("Maintain", &["bench"]),
];

/// The command line without former names, for completions and manual pages.
pub(super) fn shown() -> Command {
    Arguments::<Current>::command()
}

/// The command line, with commands listed by purpose.
pub(super) fn command() -> Command {
    let command = Arguments::<Typed>::command();
    let header = command.get_styles().get_header();
    let literal = command.get_styles().get_literal();
    let names = GROUPS.iter().flat_map(|(_, names)| names.iter());
    let width = names.map(|name| name.len()).max().unwrap_or_default();
    let mut listing = String::new();
    for (purpose, names) in GROUPS {
        let _ = writeln!(listing, "{header}{purpose}:{header:#}");
        for name in names {
            let about = command.find_subcommand(name).and_then(Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(listing, "  {literal}{name:width$}{literal:#}  {about}");
        }
        listing.push('\n');
    }
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{listing}\
         {header}Options:{header:#}\n{{options}}{{after-help}}"
    );
    command.help_template(template)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_visible_command_is_in_one_group() {
        let command = command();
        let subcommands = command.get_subcommands();
        let visible = subcommands.filter(|subcommand| !subcommand.is_hide_set());
        let mut visible: Vec<&str> = visible.map(Command::get_name).collect();
        let mut grouped: Vec<&str> = GROUPS
            .iter()
            .flat_map(|(_, names)| names.to_vec())
            .collect();
        visible.sort_unstable();
        grouped.sort_unstable();
        assert_eq!(visible, grouped);
    }

    #[test]
    fn the_help_lists_every_command_with_its_description() {
        let help = command().render_help().to_string();
        for (purpose, names) in GROUPS {
            assert!(help.contains(&format!("{purpose}:")), "{help}");
            for name in names {
                let line = help
                    .lines()
                    .find(|line| line.trim_start().starts_with(&format!("{name} ")));
                let described = line.and_then(|line| line.trim_start().split_once(' '));
                assert!(
                    described.is_some_and(|(_, about)| about.trim().len() > 10),
                    "{name}: {help}"
                );
            }
        }
    }

    #[test]
    fn every_command_is_sound() {
        command().debug_assert();
        shown().debug_assert();
    }

    #[test]
    fn lines_of_the_help_fit_a_terminal() {
        let help = command().render_help().to_string();
        let longest = help.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(112), "{help}");
    }
}
