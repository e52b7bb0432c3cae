"""Where circuits run: simulators, noisy device models, cloud QPUs."""
