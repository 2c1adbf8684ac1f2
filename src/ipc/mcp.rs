//! The same requests as typed tools: an MCP server over standard input and output.
//!
//! Invariant: a tool is a [`Kind`], its schema the one that the socket checks; a
//! refusal is a tool's error that the model reads, never a broken protocol.

use super::tell::{TellError, tell};
use crate::model::Kind;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation,
    JsonObject, ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::{RequestContext, RoleServer};
use rmcp::{ErrorData, ServerHandler, ServiceExt};
use serde_json::Value;
use std::{path::PathBuf, time::Duration};

/// What a client is told of the server.
const INSTRUCTIONS: &str = "How you speak to the factory that runs you. Call `context` to see where you stand, \
and `report` once before you end.";

/// The tools of one run.
#[derive(Clone, Debug)]
struct Tools {
    /// The run's `agent` folder.
    dir: PathBuf,
    /// How long the factory may take to answer.
    wait: Duration,
}

/// Serves the tools of the run whose `agent` folder is `dir`, until standard input closes.
///
/// # Errors
/// When the two sides do not come to speak at all.
pub async fn serve(dir: PathBuf, wait: Duration) -> Result<(), String> {
    let tools = Tools { dir, wait };
    let serving = tools
        .serve(rmcp::transport::stdio())
        .await
        .map_err(|error| format!("no MCP client speaks here: {error}"))?;
    serving
        .waiting()
        .await
        .map_err(|error| format!("the MCP server stopped: {error}"))?;
    Ok(())
}

impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("adf", env!("CARGO_PKG_VERSION")))
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(Kind::ALL.map(tool).into()))
    }

    async fn call_tool(
        &self,
        call: CallToolRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(kind) = Kind::of(&call.name) else {
            let known = Kind::ALL.map(Kind::name).join(", ");
            let why = format!("there is no tool `{}`; the tools are {known}", call.name);
            return Err(ErrorData::invalid_params(why, None));
        };
        let fields = Value::Object(call.arguments.unwrap_or_default());
        let Tools { dir, wait } = self.clone();
        let told = tokio::task::spawn_blocking(move || tell(&dir, kind, &fields, wait)).await;
        let result = match told {
            Ok(Ok(answer)) => CallToolResult::success(vec![ContentBlock::text(text(&answer))]),
            Ok(Err(error @ (TellError::Refused(_) | TellError::Unreachable { .. }))) => {
                CallToolResult::error(vec![ContentBlock::text(error.to_string())])
            }
            Err(error) => return Err(ErrorData::internal_error(error.to_string(), None)),
        };
        Ok(result.into())
    }
}

fn tool(kind: Kind) -> Tool {
    let schema: JsonObject = match kind.schema() {
        Value::Object(schema) => schema,
        _ => JsonObject::new(),
    };
    Tool::new(kind.name(), kind.meaning(), schema)
}

/// An answer as a model reads it: a sentence as it is, all else as JSON.
fn text(answer: &Value) -> String {
    match answer {
        Value::String(sentence) => sentence.clone(),
        other => format!("{other:#}"),
    }
}
