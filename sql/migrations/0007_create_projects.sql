-- Customers, projects, rooms, surfaces, products and quotes of a tiling shop.

CREATE TYPE projects.customer_type AS ENUM ('diy_homeowner', 'contractor', 'designer', 'builder');
CREATE TYPE projects.contact_method AS ENUM ('phone', 'email', 'text');
CREATE TYPE projects.project_status AS ENUM (
    'inquiry', 'quoted', 'ordered', 'in_progress', 'completed', 'cancelled'
);
CREATE TYPE projects.installation_method AS ENUM (
    'diy', 'contractor', 'designer_managed', 'unknown'
);
CREATE TYPE projects.urgency_level AS ENUM ('low', 'medium', 'high', 'rush');
CREATE TYPE projects.room_type AS ENUM (
    'kitchen', 'bathroom', 'master_bathroom', 'guest_bathroom', 'powder_room', 'laundry_room',
    'mudroom', 'entryway', 'living_room', 'dining_room', 'bedroom', 'basement', 'outdoor',
    'commercial', 'other'
);
CREATE TYPE projects.surface_type AS ENUM (
    'floor', 'backsplash', 'shower_walls', 'shower_floor', 'tub_surround', 'accent_wall',
    'fireplace', 'countertop', 'wainscoting', 'ceiling', 'exterior_wall', 'other'
);
CREATE TYPE projects.pattern_type AS ENUM (
    'straight_lay', 'brick_pattern', 'herringbone', 'diagonal', 'basket_weave', 'chevron',
    'versailles', 'pinwheel', 'other'
);
CREATE TYPE projects.complexity_level AS ENUM ('simple', 'moderate', 'complex');
CREATE TYPE projects.product_type AS ENUM (
    'tile', 'trim', 'grout', 'adhesive', 'underlayment', 'sealant', 'caulk', 'spacers', 'tools',
    'accessories'
);
CREATE TYPE projects.unit_of_measure AS ENUM (
    'sf', 'box', 'linear_ft', 'piece', 'bag', 'tube', 'gallon'
);
CREATE TYPE projects.selection_status AS ENUM ('considered', 'selected', 'ordered', 'delivered');
CREATE TYPE projects.interaction_type AS ENUM (
    'initial_inquiry', 'followup', 'quote_review', 'order_placement', 'support'
);
CREATE TYPE projects.aos_phase AS ENUM (
    'greeting', 'credibility', 'needs_assessment', 'design_details', 'close',
    'objection_handling', 'negotiation', 'followup'
);
CREATE TYPE projects.conversation_outcome AS ENUM (
    'information_gathered', 'quote_requested', 'order_placed', 'follow_up_scheduled', 'lost'
);
CREATE TYPE projects.quote_status AS ENUM ('draft', 'sent', 'accepted', 'rejected', 'expired');

GRANT USAGE ON TYPE
    projects.customer_type, projects.contact_method, projects.project_status,
    projects.installation_method, projects.urgency_level, projects.room_type,
    projects.surface_type, projects.pattern_type, projects.complexity_level,
    projects.product_type, projects.unit_of_measure, projects.selection_status,
    projects.interaction_type, projects.aos_phase, projects.conversation_outcome,
    projects.quote_status
TO backshop_service;

-- What customers are searched by, as terms in an array under a GIN index. A word is lower case and
-- without marks. It makes its trigrams, with two blanks before and one behind; and its skeleton, the
-- first letter and then its other consonants in the order of the alphabet, which is the same after
-- most slips of letters (Smyth, Smtih). A phone makes the trigrams of its digits.

CREATE FUNCTION projects.words_of(said text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN regexp_split_to_array(btrim(regexp_replace(
    regexp_replace(lower(normalize(coalesce(said, ''), NFKD)), '[\u0300-\u036F]', '', 'g'),
    '[^[:alnum:]]+', ' ', 'g'
)), ' ');

CREATE FUNCTION projects.skeleton_of(word text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '=' || left(word, 1) || coalesce((
    SELECT string_agg(letter, '' ORDER BY letter) FROM (
        SELECT DISTINCT letter
        FROM unnest(string_to_array(translate(substr(word, 2), 'aeiouyhw', ''), NULL)) AS letter
    ) AS consonants
), '');

CREATE FUNCTION projects.trigrams_of(word text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY(
    SELECT substr('  ' || word || ' ', at, 3)
    FROM generate_series(1, length(word) + 1) AS at
);

CREATE FUNCTION projects.digit_terms_of(digits text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY(
    SELECT '#' || substr(digits, at, 3) FROM generate_series(1, length(digits) - 2) AS at
);

-- The store is a term as well, so that one store's search reads no other's rows.
CREATE FUNCTION projects.search_terms(store_id uuid, said text, phones text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY(
    SELECT store_id::text
    UNION
    SELECT term FROM unnest(projects.words_of(said)) AS word,
        unnest(projects.trigrams_of(word) || projects.skeleton_of(word)) AS term
    WHERE word <> ''
    UNION
    SELECT term FROM unnest(string_to_array(phones, '/')) AS phone,
        unnest(projects.digit_terms_of(regexp_replace(phone, '[^0-9]', '', 'g'))) AS term
);

CREATE FUNCTION projects.keep_search() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    NEW.search := projects.search_terms(
        NEW.store_id,
        concat_ws(' ', NEW.first_name, NEW.last_name, NEW.email),
        concat_ws('/', NEW.phone_primary, NEW.phone_secondary)
    );
    RETURN NEW;
END
$$;

-- Numbers the states of a row, so that a change can name the state it was made for.
CREATE FUNCTION projects.count_version() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF NEW IS DISTINCT FROM OLD THEN
        NEW.version := OLD.version + 1;
    END IF;
    RETURN NEW;
END
$$;

CREATE TABLE projects.customers (
    customer_id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    first_name varchar(100) NOT NULL,
    last_name varchar(100),
    email varchar(255),
    phone_primary varchar(20),
    phone_secondary varchar(20),
    address_line1 varchar(255),
    address_line2 varchar(255),
    city varchar(100),
    state varchar(50),
    zip_code varchar(20),
    country varchar(50) DEFAULT 'USA',
    customer_type projects.customer_type NOT NULL,
    pro_account_number varchar(50),
    preferred_contact_method projects.contact_method DEFAULT 'phone',
    marketing_opt_in boolean DEFAULT false,
    created_at timestamptz DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamptz DEFAULT CURRENT_TIMESTAMP,
    notes text,
    -- The number of their certificate: without tax where there is one.
    tax_exemption varchar(100),
    version integer NOT NULL DEFAULT 1,
    search text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (store_id, customer_id),
    UNIQUE (store_id, email)
);
CREATE INDEX idx_customers_search ON projects.customers USING gin (search);
CREATE INDEX idx_customers_email ON projects.customers (store_id, email);
CREATE INDEX idx_customers_phone ON projects.customers (store_id, phone_primary);
CREATE INDEX idx_customers_name ON projects.customers (store_id, last_name, first_name);
SELECT backshop.protect('projects.customers');

CREATE TABLE projects.projects (
    project_id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    project_name varchar(255),
    project_status projects.project_status DEFAULT 'inquiry',
    total_budget_min numeric(10, 2),
    total_budget_max numeric(10, 2),
    tile_budget numeric(10, 2),
    project_start_date date,
    project_completion_date date,
    installation_method projects.installation_method NOT NULL,
    contractor_name varchar(255),
    contractor_phone varchar(20),
    contractor_email varchar(255),
    designer_name varchar(255),
    designer_company varchar(255),
    urgency_level projects.urgency_level DEFAULT 'medium',
    lead_source varchar(100),
    sales_associate varchar(100),
    created_at timestamptz DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamptz DEFAULT CURRENT_TIMESTAMP,
    notes text,
    currency varchar(3) NOT NULL DEFAULT 'USD',
    version integer NOT NULL DEFAULT 1,
    -- Since when rooms, surfaces, products and notes are in the archive.
    archived_at timestamptz,
    PRIMARY KEY (store_id, project_id),
    FOREIGN KEY (store_id, customer_id) REFERENCES projects.customers (store_id, customer_id)
);
CREATE INDEX idx_projects_customer ON projects.projects (store_id, customer_id);
CREATE INDEX idx_projects_status ON projects.projects (store_id, project_status);
CREATE INDEX idx_projects_date ON projects.projects (store_id, created_at);
CREATE INDEX idx_projects_completed ON projects.projects (project_completion_date)
WHERE project_status = 'completed' AND archived_at IS NULL;
SELECT backshop.protect('projects.projects');

CREATE TABLE projects.project_rooms (
    room_id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL,
    project_id uuid NOT NULL,
    room_name varchar(100),
    room_type projects.room_type NOT NULL,
    room_style varchar(100),
    room_length_ft numeric(8, 2),
    room_width_ft numeric(8, 2),
    room_height_ft numeric(8, 2),
    room_notes text,
    created_at timestamptz DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamptz DEFAULT CURRENT_TIMESTAMP,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (store_id, room_id),
    FOREIGN KEY (store_id, project_id) REFERENCES projects.projects (store_id, project_id)
);
CREATE INDEX idx_rooms_project ON projects.project_rooms (store_id, project_id);
SELECT backshop.protect('projects.project_rooms');

CREATE TABLE projects.surfaces (
    surface_id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL,
    room_id uuid NOT NULL,
    surface_type projects.surface_type NOT NULL,
    surface_area_sf numeric(10, 2) NOT NULL,
    length_ft numeric(8, 2),
    width_ft numeric(8, 2),
    height_ft numeric(8, 2),
    pattern_type projects.pattern_type DEFAULT 'straight_lay',
    complexity_level projects.complexity_level DEFAULT 'simple',
    -- A share of the area: 0.10 is 10 %.
    waste_factor numeric(4, 2) DEFAULT 0.10,
    obstacles_count integer DEFAULT 0,
    obstacles_description text,
    prep_work_needed text,
    created_at timestamptz DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamptz DEFAULT CURRENT_TIMESTAMP,
    surface_name varchar(100),
    -- Whether somebody chose waste_factor; else it is the trade's for pattern and complexity.
    waste_given boolean NOT NULL DEFAULT false,
    -- What is not tiled: [{"name": …, "area_sf": …}], off the measured area already.
    obstacles jsonb NOT NULL DEFAULT '[]',
    exposure varchar(10) CHECK (exposure IN ('dry', 'wet', 'sun', 'outside')),
    -- Of a brick pattern, as a share of the tile.
    offset_share numeric(4, 2),
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (store_id, surface_id),
    FOREIGN KEY (store_id, room_id) REFERENCES projects.project_rooms (store_id, room_id)
);
CREATE INDEX idx_surfaces_room ON projects.surfaces (store_id, room_id);
SELECT backshop.protect('projects.surfaces');

CREATE TABLE projects.selected_products (
    selection_id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL,
    surface_id uuid NOT NULL,
    product_sku varchar(50) NOT NULL,
    product_name varchar(255),
    product_type projects.product_type NOT NULL,
    quantity_needed numeric(10, 2),
    quantity_ordered numeric(10, 2),
    unit_of_measure projects.unit_of_measure NOT NULL DEFAULT 'sf',
    box_coverage_sf numeric(8, 2),
    price_per_unit numeric(10, 2),
    total_price numeric(10, 2),
    selection_status projects.selection_status DEFAULT 'considered',
    selection_date timestamptz DEFAULT CURRENT_TIMESTAMP,
    notes text,
    -- Whether somebody chose the quantity or the price; else they are reckoned with the project.
    quantity_given boolean NOT NULL DEFAULT false,
    price_given boolean NOT NULL DEFAULT false,
    -- Joint, runs, bead, trowel and coverage: what quantities need to know of this use.
    usage jsonb NOT NULL DEFAULT '{}',
    -- Quoted, but never ordered.
    undecided boolean NOT NULL DEFAULT false,
    lot varchar(50),
    shade varchar(50),
    caliber varchar(50),
    return_terms varchar(20) NOT NULL DEFAULT 'returnable'
        CHECK (return_terms IN ('returnable', 'restocking_fee', 'not_returnable')),
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (store_id, selection_id),
    FOREIGN KEY (store_id, surface_id) REFERENCES projects.surfaces (store_id, surface_id)
);
CREATE INDEX idx_products_surface ON projects.selected_products (store_id, surface_id);
CREATE INDEX idx_products_sku ON projects.selected_products (store_id, product_sku);
SELECT backshop.protect('projects.selected_products');

CREATE TABLE projects.conversation_log (
    log_id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL,
    project_id uuid NOT NULL,
    conversation_date timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    interaction_type projects.interaction_type NOT NULL DEFAULT 'followup',
    aos_phase projects.aos_phase,
    aos_score_greeting integer CHECK (aos_score_greeting BETWEEN 1 AND 4),
    aos_score_needs integer CHECK (aos_score_needs BETWEEN 1 AND 4),
    aos_score_design integer CHECK (aos_score_design BETWEEN 1 AND 4),
    aos_score_close integer CHECK (aos_score_close BETWEEN 1 AND 4),
    aos_score_objection integer CHECK (aos_score_objection BETWEEN 1 AND 4),
    aos_score_overall integer CHECK (aos_score_overall BETWEEN 1 AND 4),
    outcome projects.conversation_outcome,
    sales_associate varchar(100),
    conversation_summary text,
    next_action varchar(255),
    next_contact_date date,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (store_id, log_id, conversation_date),
    FOREIGN KEY (store_id, project_id) REFERENCES projects.projects (store_id, project_id)
) PARTITION BY RANGE (conversation_date);
CREATE INDEX idx_conversation_project ON projects.conversation_log (store_id, project_id);
CREATE INDEX idx_conversation_date ON projects.conversation_log (store_id, conversation_date);
CREATE INDEX idx_conversation_next ON projects.conversation_log (store_id, next_contact_date)
WHERE next_contact_date IS NOT NULL;
SELECT backshop.protect('projects.conversation_log');

CREATE TABLE projects.quotes (
    quote_id uuid NOT NULL DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL,
    project_id uuid NOT NULL,
    quote_number varchar(50) NOT NULL,
    quote_date date NOT NULL,
    expiration_date date,
    subtotal numeric(10, 2) NOT NULL,
    tax_amount numeric(10, 2) DEFAULT 0,
    delivery_fee numeric(10, 2) DEFAULT 0,
    total_amount numeric(10, 2) NOT NULL,
    quote_status projects.quote_status DEFAULT 'draft',
    sales_associate varchar(100),
    special_instructions text,
    created_at timestamptz DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamptz DEFAULT CURRENT_TIMESTAMP,
    currency varchar(3) NOT NULL DEFAULT 'USD',
    version integer NOT NULL DEFAULT 1,
    -- Several offers of one project, one of which is accepted.
    alternative varchar(10) CHECK (alternative IN ('good', 'better', 'best')),
    -- Counts the quotes of a project for the same alternative.
    revision integer NOT NULL DEFAULT 1,
    -- Taken off lines and off the whole; subtotal is without it.
    discount_amount numeric(10, 2) NOT NULL DEFAULT 0 CHECK (discount_amount >= 0),
    -- What was asked for (quotes.models.NewQuote), and what came of it (quotes.models.Content).
    asked jsonb NOT NULL DEFAULT '{}',
    content jsonb NOT NULL DEFAULT '{}',
    -- Whom it is for: all that is personal.
    recipient jsonb,
    sent_at timestamptz,
    first_seen_at timestamptz,
    answered_at timestamptz,
    -- Since when the project differs from it, and in which lines.
    stale_since timestamptz,
    changes jsonb,
    -- A newer one was sent.
    superseded_by uuid,
    superseded_at timestamptz,
    -- The PDF that was sent: its address in the bucket.
    pdf_key varchar(255),
    pdf_sha256 varchar(64),
    PRIMARY KEY (store_id, quote_id, quote_date),
    FOREIGN KEY (store_id, project_id) REFERENCES projects.projects (store_id, project_id)
) PARTITION BY RANGE (quote_date);
CREATE INDEX idx_quotes_project ON projects.quotes (store_id, project_id);
CREATE INDEX idx_quotes_number ON projects.quotes (store_id, quote_number);
CREATE INDEX idx_quotes_created ON projects.quotes (store_id, created_at, quote_id);
CREATE INDEX idx_quotes_sent ON projects.quotes (expiration_date) WHERE quote_status = 'sent';
SELECT backshop.protect('projects.quotes');

-- A unique key of a partitioned table has to hold its partition key, so that quote numbers are
-- kept unique here, by a trigger on quotes.
CREATE TABLE projects.quote_numbers (
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    quote_number varchar(50) NOT NULL,
    quote_id uuid NOT NULL,
    PRIMARY KEY (store_id, quote_number)
);
CREATE INDEX idx_quote_numbers_quote ON projects.quote_numbers (store_id, quote_id);
SELECT backshop.protect('projects.quote_numbers');

-- A quote that moves to another partition is deleted there and inserted here.
CREATE FUNCTION projects.keep_quote_number() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM projects.quote_numbers
        WHERE store_id = OLD.store_id AND quote_number = OLD.quote_number
            AND quote_id = OLD.quote_id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO projects.quote_numbers (store_id, quote_number, quote_id)
        VALUES (NEW.store_id, NEW.quote_number, NEW.quote_id);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER keep_quote_number AFTER INSERT OR DELETE OR UPDATE OF quote_number, quote_id
ON projects.quotes FOR EACH ROW EXECUTE FUNCTION projects.keep_quote_number();

-- A quote's number is the next one of its store: whoever makes a quote keeps the row until it is
-- committed or given up, so that no number is left out or given twice.
CREATE TABLE projects.quote_counters (
    store_id uuid PRIMARY KEY REFERENCES backshop.stores (id),
    last bigint NOT NULL
);
SELECT backshop.protect('projects.quote_counters');

-- One quote of a project is accepted.
CREATE TABLE projects.quote_acceptances (
    store_id uuid NOT NULL,
    project_id uuid NOT NULL,
    quote_id uuid NOT NULL,
    accepted_at timestamptz NOT NULL,
    -- As it was typed, from where, and with what.
    accepted_name varchar(200),
    source_address varchar(45),
    user_agent varchar(500),
    -- Of the PDF that was accepted.
    pdf_sha256 varchar(64),
    -- Amounts and due dates as they were agreed.
    payments jsonb NOT NULL,
    PRIMARY KEY (store_id, project_id),
    FOREIGN KEY (store_id, project_id) REFERENCES projects.projects (store_id, project_id)
);
SELECT backshop.protect('projects.quote_acceptances');

-- What is mailed about a quote: each once, as nobody can be asked whether a mail went out.
CREATE TABLE projects.quote_mails (
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    quote_id uuid NOT NULL,
    mail varchar(20) NOT NULL,
    status varchar(10) NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'sending', 'sent', 'failed')),
    sent_at timestamptz,
    PRIMARY KEY (store_id, quote_id, mail)
);
SELECT backshop.protect('projects.quote_mails');

-- What was sent never changes; whom it was for may be forgotten. What was answered stays answered.
CREATE FUNCTION projects.keep_sent_quote() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF OLD.quote_status <> 'draft' AND (
        NEW.quote_status = 'draft'
        OR (NEW.project_id, NEW.quote_number, NEW.quote_date, NEW.expiration_date, NEW.subtotal,
            NEW.tax_amount, NEW.delivery_fee, NEW.total_amount, NEW.discount_amount, NEW.currency,
            NEW.alternative, NEW.revision, NEW.asked, NEW.content, NEW.sent_at)
        IS DISTINCT FROM (OLD.project_id, OLD.quote_number, OLD.quote_date, OLD.expiration_date,
            OLD.subtotal, OLD.tax_amount, OLD.delivery_fee, OLD.total_amount, OLD.discount_amount,
            OLD.currency, OLD.alternative, OLD.revision, OLD.asked, OLD.content, OLD.sent_at)
        OR NEW.recipient <> OLD.recipient
        OR NEW.special_instructions <> OLD.special_instructions
        OR NEW.pdf_sha256 IS DISTINCT FROM OLD.pdf_sha256
    ) THEN
        RAISE EXCEPTION 'a quote that was sent does not change'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.quote_status IN ('accepted', 'rejected', 'expired')
        AND NEW.quote_status <> OLD.quote_status THEN
        RAISE EXCEPTION 'a quote that was answered stays answered'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER keep_sent_quote BEFORE UPDATE ON projects.quotes
FOR EACH ROW EXECUTE FUNCTION projects.keep_sent_quote();

CREATE TABLE projects.product_catalog (
    sku varchar(50) NOT NULL,
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    product_name varchar(255) NOT NULL,
    product_type varchar(100),
    brand varchar(100),
    material varchar(100),
    color varchar(100),
    size_length numeric(6, 2),
    size_width numeric(6, 2),
    size_thickness numeric(6, 2),
    coverage_per_box numeric(8, 2),
    pieces_per_box integer,
    price_retail numeric(10, 2),
    price_pro numeric(10, 2),
    in_stock boolean DEFAULT true,
    discontinued boolean DEFAULT false,
    special_order boolean DEFAULT false,
    created_at timestamptz DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamptz DEFAULT CURRENT_TIMESTAMP,
    currency varchar(3) NOT NULL DEFAULT 'USD',
    -- What the prices are for.
    unit_of_measure projects.unit_of_measure,
    -- What label and data sheet say: models.Specification.
    specification jsonb NOT NULL DEFAULT '{}',
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (store_id, sku)
);
SELECT backshop.protect('projects.product_catalog');

-- Counts changes of a store's catalogue: whoever keeps products of it knows by this when to forget.
CREATE TABLE projects.catalogue_versions (
    store_id uuid PRIMARY KEY REFERENCES backshop.stores (id),
    version bigint NOT NULL DEFAULT 1
);
SELECT backshop.protect('projects.catalogue_versions');

CREATE FUNCTION projects.count_catalogue_version() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    -- What is deleted was counted before; a store that is forgotten gets no new row.
    IF TG_OP = 'DELETE' THEN
        UPDATE projects.catalogue_versions SET version = version + 1
        WHERE store_id IN (SELECT store_id FROM changed);
        RETURN NULL;
    END IF;
    INSERT INTO projects.catalogue_versions (store_id)
    SELECT DISTINCT store_id FROM changed ORDER BY store_id
    ON CONFLICT (store_id) DO UPDATE SET version = catalogue_versions.version + 1;
    RETURN NULL;
END
$$;
CREATE TRIGGER count_inserted AFTER INSERT ON projects.product_catalog
REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION projects.count_catalogue_version();
CREATE TRIGGER count_updated AFTER UPDATE ON projects.product_catalog
REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION projects.count_catalogue_version();
CREATE TRIGGER count_deleted AFTER DELETE ON projects.product_catalog
REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION projects.count_catalogue_version();

-- Files of products that a store sends, and what came of each.
CREATE TABLE projects.catalogue_imports (
    store_id uuid NOT NULL REFERENCES backshop.stores (id),
    import_id uuid NOT NULL,
    status varchar(20) NOT NULL CHECK (
        status IN ('awaiting_upload', 'running', 'done', 'failed')
    ),
    -- Why it failed, or what to know of it.
    message text,
    dry_run boolean NOT NULL DEFAULT false,
    delete_missing boolean NOT NULL DEFAULT false,
    file_name varchar(255),
    -- Where an uploaded file lies; one that came in a request is nowhere.
    object_key varchar(255),
    -- SHA-256 of what was read: an upload may be replaced while it is read.
    digest varchar(64),
    -- How it was read: models.Table.
    file jsonb,
    -- Of the file: what comes behind it is still to be done.
    last_line integer NOT NULL DEFAULT 0,
    lines integer NOT NULL DEFAULT 0,
    lines_expected integer,
    added integer NOT NULL DEFAULT 0,
    changed integer NOT NULL DEFAULT 0,
    unchanged integer NOT NULL DEFAULT 0,
    refused integer NOT NULL DEFAULT 0,
    deleted integer NOT NULL DEFAULT 0,
    -- Refused lines, up to models.PROBLEMS: models.LineProblem.
    problems jsonb NOT NULL DEFAULT '[]',
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    PRIMARY KEY (store_id, import_id)
);
SELECT backshop.protect('projects.catalogue_imports');

-- Where in the bucket the details of a project lie that was completed long ago.
CREATE TABLE projects.archived_projects (
    store_id uuid NOT NULL,
    project_id uuid NOT NULL,
    object_key varchar(255) NOT NULL,
    archived_at timestamptz NOT NULL DEFAULT now(),
    -- Since when they are back; a project may be archived again.
    restored_at timestamptz,
    PRIMARY KEY (store_id, project_id),
    FOREIGN KEY (store_id, project_id) REFERENCES projects.projects (store_id, project_id)
);
SELECT backshop.protect('projects.archived_projects');

-- Triggers of a row run in the order of their names.
CREATE TRIGGER aa_keep_search BEFORE INSERT OR UPDATE ON projects.customers
FOR EACH ROW EXECUTE FUNCTION projects.keep_search();
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON projects.customers
FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON projects.projects
FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON projects.project_rooms
FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON projects.surfaces
FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON projects.quotes
FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON projects.product_catalog
FOR EACH ROW EXECUTE FUNCTION backshop.touch_updated_at();
CREATE TRIGGER zz_count_version BEFORE UPDATE ON projects.customers
FOR EACH ROW EXECUTE FUNCTION projects.count_version();
CREATE TRIGGER zz_count_version BEFORE UPDATE ON projects.projects
FOR EACH ROW EXECUTE FUNCTION projects.count_version();
CREATE TRIGGER zz_count_version BEFORE UPDATE ON projects.project_rooms
FOR EACH ROW EXECUTE FUNCTION projects.count_version();
CREATE TRIGGER zz_count_version BEFORE UPDATE ON projects.surfaces
FOR EACH ROW EXECUTE FUNCTION projects.count_version();
CREATE TRIGGER zz_count_version BEFORE UPDATE ON projects.selected_products
FOR EACH ROW EXECUTE FUNCTION projects.count_version();
CREATE TRIGGER zz_count_version BEFORE UPDATE ON projects.conversation_log
FOR EACH ROW EXECUTE FUNCTION projects.count_version();
CREATE TRIGGER zz_count_version BEFORE UPDATE ON projects.quotes
FOR EACH ROW EXECUTE FUNCTION projects.count_version();
CREATE TRIGGER zz_count_version BEFORE UPDATE ON projects.product_catalog
FOR EACH ROW EXECUTE FUNCTION projects.count_version();

-- Candidates for a search, best first: as the owner, because a policy keeps an index of arrays from
-- being used. Of a word of six letters or more one of three parts has to be right, of a shorter one
-- its beginning; or its skeleton. All words and the digits of a phone have to be found.
CREATE FUNCTION projects.search_customers(said text, most integer)
RETURNS TABLE (customer_id uuid, similarity real)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    store uuid := backshop.current_store_id();
    condition text := 'c.search @> ' || quote_literal(ARRAY[store::text]) || '::text[]';
    wanted text[] := '{}';
    word text;
    terms text[];
    number integer;
    digits text := '';
BEGIN
    IF store IS NULL THEN
        RAISE EXCEPTION 'no store is set in this transaction'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOREACH word IN ARRAY projects.words_of(said) LOOP
        IF word ~ '^[0-9]+$' THEN
            digits := digits || word;
        ELSIF word <> '' THEN
            terms := projects.trigrams_of(word);
            number := cardinality(terms);
            wanted := wanted || terms || projects.skeleton_of(word);
            condition := condition || ' AND (c.search @> '
                || quote_literal(ARRAY[projects.skeleton_of(word)]) || '::text[] OR c.search @> ';
            IF number < 6 THEN
                condition := condition || quote_literal(terms[1:greatest(number - 1, 1)]) || '::text[])';
            ELSE
                condition := condition
                    || quote_literal(terms[1:number / 3]) || '::text[] OR c.search @> '
                    || quote_literal(terms[number / 3 + 1:2 * number / 3])
                    || '::text[] OR c.search @> '
                    || quote_literal(terms[2 * number / 3 + 1:]) || '::text[])';
            END IF;
        END IF;
    END LOOP;
    IF length(digits) >= 3 THEN
        -- Without the country's code or the zero before an area's, whichever is written.
        terms := projects.digit_terms_of(right(digits, 9));
        number := cardinality(terms);
        wanted := wanted || terms;
        condition := condition || ' AND (c.search @> ';
        IF number < 6 THEN
            condition := condition || quote_literal(terms) || '::text[])';
        ELSE
            condition := condition || quote_literal(terms[1:number / 2])
                || '::text[] OR c.search @> ' || quote_literal(terms[number / 2 + 1:]) || '::text[])';
        END IF;
    END IF;
    IF wanted = '{}' THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE 'SELECT c.customer_id, (2.0 * shared / (cardinality($1) + least('
        ' cardinality(c.search), 2 * cardinality($1))))::real'
        ' FROM (SELECT * FROM projects.customers AS c WHERE ' || condition || ') AS c'
        ' CROSS JOIN LATERAL (SELECT count(*) AS shared FROM unnest($1) AS term'
        '   WHERE term = ANY (c.search)) AS s'
        ' WHERE c.store_id = $2'
        ' ORDER BY 2 DESC, c.last_name, c.first_name, c.customer_id LIMIT $3'
        USING wanted, store, most;
END
$$;

GRANT EXECUTE ON FUNCTION
    projects.words_of(text), projects.skeleton_of(text), projects.trigrams_of(text),
    projects.digit_terms_of(text), projects.search_terms(uuid, text, text),
    projects.search_customers(text, integer)
TO backshop_service;
