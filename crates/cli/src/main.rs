//! The command `scproof`: arguments in, answers out. What it prints is made by `scproof_report`, what it says by the
//! libraries.

mod args;
mod clock;
mod closed;
mod command;
mod config;
mod deadline;
mod error;
mod exit_code;
mod hint;
mod input;
mod output;
mod snapshot;
mod temporary;
mod ui;
mod visible;

use std::ffi::OsString;

use clap::FromArgMatches;

use args::{Cli, Color, Command};
use config::Config;
use error::CommandError;
use exit_code::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    ui::message::for_programs(ui::asks_for_json(&args));
    let asks_for_short_help = args.iter().any(|arg| arg == "-h");
    let command = args::command_line(asks_for_short_help).color(ui::color_of(&args));
    let config =
        if args.iter().any(|arg| arg == "--no-config") { Ok(Config::default()) } else { Config::find(&command) };
    let config = match config {
        Ok(config) => config,
        Err(error) => {
            ui::error(Color::Auto, &error);
            return error.exit_code.into();
        }
    };
    let mut command = config.apply(command);
    let cli = command.try_get_matches_from_mut(&args).and_then(|matches| {
        let mut cli = Cli::from_arg_matches(&matches)?;
        cli.global.configured = config.words(&command, &matches);
        Ok(cli)
    });
    let code = match cli {
        Ok(cli) => run(&cli).unwrap_or_else(|error| {
            ui::error(cli.global.color, &error);
            error.exit_code
        }),
        // Also `--help` and `--version`, which clap treats as errors.
        Err(mut error) => {
            hint::add_to(&mut error, &command, &args);
            ui::clap(&error);
            if error.use_stderr() { ExitCode::Usage } else { ExitCode::Fine }
        }
    };
    code.into()
}

fn run(cli: &Cli) -> Result<ExitCode, CommandError> {
    if let Some(threads) = cli.global.threads {
        rayon::ThreadPoolBuilder::new()
            .num_threads(usize::from(threads))
            .build_global()
            .map_err(|error| CommandError::usage(format!("cannot start {threads} threads")).because(&error))?;
    }
    match &cli.command {
        Command::Audit(args) => command::audit::run(&cli.global, args),
        Command::Can(args) => command::can::run(&cli.global, args),
        Command::Diff(args) => command::diff::run(&cli.global, args),
        Command::Effective(args) => command::effective::run(&cli.global, args),
        #[cfg(feature = "fetch")]
        Command::Fetch(args) => command::fetch::run(&cli.global, args),
        Command::Replay(args) => command::replay::run(&cli.global, args),
        Command::Simulate(args) => command::simulate::run(&cli.global, args),
        Command::Tree(args) => command::tree::run(&cli.global, args),
        Command::Snapshot(args) => command::snapshot::run(&cli.global, args),
        Command::Show(args) => command::show::run(&cli.global, args),
        Command::WhoCan(args) => command::who_can::run(&cli.global, args),
        Command::Why(args) => command::why::run(&cli.global, args),
        Command::Explain(args) => command::explain::run(&cli.global, args),
        Command::Validate(args) => command::validate::run(&cli.global, args),
        Command::Completions(args) => command::completions::run(&cli.global, args),
        Command::Import(args) => command::import::run(&cli.global, args),
        Command::Licenses(args) => command::licenses::run(&cli.global, args),
    }
}
