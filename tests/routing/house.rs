//! A house with providers, agents and scenarios to choose from.

use adf::config::{self, Config};
use adf::model::AgentName;
use adf::model::route::{Choice, Healths, Route};
use adf::model::settings::Agent;
use adf::routing::{Ask, House, Router};

/// Three tiers, three providers, agents of each kind.
const TEXT: &str = r#"
[project]
name = "house"

[gitea]
url = "https://git.example.org"
repo = "acme/widgets"

[routing]
provider = "spare"
model = "auto"

[[agents]]
name = "developer"
tier = "implementation"

[[agents]]
name = "reviewer"
tier = "review"

[[agents]]
name = "keeper"
tier = "review"
provider = "codex"
model = "mini"
pinned = true

[[agents]]
name = "stubborn"
provider = "codex"
model = "gpt"

[[agents]]
name = "plain"

[providers.anthropic]
kind = "claude"

[providers.codex]
kind = "codex"

[providers.open]
kind = "opencode"
models = { glm = "zai/glm-5" }

[providers.spare]
kind = "gemini"
"#;

/// The house and what is known of its providers.
pub struct Scene {
    config: Config,
    router: Router,
    pub health: Healths,
}

impl Scene {
    pub fn new() -> Scene {
        Scene::of(TEXT)
    }

    pub fn of(text: &str) -> Scene {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("adf.toml");
        std::fs::write(&path, text).expect("a file");
        let config = config::load(&path).map_err(|faults| config::render(&faults, false));
        let config = config.expect("a config without faults");
        let router = Router::new(config.settings.routing.scenarios.clone());
        Scene {
            config,
            router: router.expect("scenarios that can be built"),
            health: Healths::new(),
        }
    }

    pub fn agent(&self, name: &str) -> &Agent {
        let agents = &self.config.settings.agents;
        agents.get(&AgentName::from(name)).expect("an agent")
    }

    pub fn route(&self, ask: &Ask<'_>) -> Route {
        let house = House {
            unrouted: false,
            providers: Some(&self.config.settings.providers),
            default: self.config.settings.routing.default.as_ref(),
            health: Some(&self.health),
        };
        self.router.route(ask, &house)
    }

    /// The route of a mention of an agent.
    pub fn mention(&self, agent: &str, text: &str) -> Route {
        self.route(&Ask {
            instruction: text,
            agent: Some(self.agent(agent)),
            mention: true,
            ..Ask::default()
        })
    }
}

pub fn choice(provider: &str, model: &str) -> Choice {
    Choice {
        provider: provider.to_owned(),
        model: Some(model.to_owned()),
    }
}
